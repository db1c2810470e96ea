/**
 * One client's connection: takes frames from the socket, begins their requests one after the other, and sends the answers in the same order (invariant I12).
 * Owns the back-pressure: how much it reads ahead, how much may wait to be sent. Knows nothing of what requests say (`dispatch.ts` does).
 *
 * A request is begun when the one before it is answered or has admitted it (`admitNext`), and only while the client takes its answers.
 */
import type { Env, Socket } from '../base/env.ts';
import { limits } from '../base/limits.ts';
import type { Broker } from '../broker/broker.ts';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import type { FrameAllocator } from './frame-allocator.ts';
import { FrameReader } from './frame-reader.ts';
import type { ConnectionContext } from './handler.ts';
import { LeavingReads } from './leaving-reads.ts';
import type { RequestMemory, RequestMemoryWaiter } from './request-memory.ts';

/** Answers that are smaller together are copied into one buffer, which costs less than handing over each. */
const JOINED_BYTES_MAX = 16 * 1024;
const NO_PARTS: readonly Uint8Array[] = [];

/** What all connections of a broker share. */
export interface ConnectionServices {
  readonly broker: Broker;
  readonly env: Env;
  readonly allocator: FrameAllocator;
  readonly memory: RequestMemory;
  readonly frameBytesMax: number;
  /** Answers `exchange`, now or later, or disconnects it. Never throws. */
  readonly dispatch: (frame: Uint8Array, exchange: Exchange) => void;
  /** A client did what no client does. */
  readonly onOffence: (connection: Connection, offence: string) => void;
  readonly onClosed: (connection: Connection) => void;
}

export class Connection implements ConnectionContext, ExchangeOwner, RequestMemoryWaiter {
  readonly id: string;
  readonly listenerName: string;
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly principal = 'User:ANONYMOUS';
  clientSoftwareName = 'unknown';
  clientSoftwareVersion = 'unknown';

  readonly #socket: Socket;
  readonly #services: ConnectionServices;
  readonly #reader: FrameReader;
  readonly #leaving: LeavingReads;
  readonly #abort = new AbortController();
  #isOpen = true;
  /** Nothing more is read. The connection closes when what was received has been answered. */
  #inputEnded = false;
  /** Requests that were received and not begun. */
  readonly #waiting: Uint8Array[] = [];
  /** Requests that were begun and whose answers have not been handed over, in order. */
  readonly #exchanges: Exchange[] = [];
  /** The request begun last may be followed by the next one. */
  #admitted = true;
  /** Bytes of complete requests, waiting or begun. */
  #requestBytes = 0;
  /** Bytes of answers that have not been handed over. */
  #answerBytes = 0;
  /** The socket took the last answers, but asks for a break. */
  #outputIsFull = false;
  /** The socket is gone; answers go nowhere. */
  #isClosed = false;
  #isPaused = false;
  #isAdvancing = false;
  /** Bytes are being handled; answers made meanwhile leave at the end of it. */
  #isReceiving = false;
  #flushIsDue = false;
  /** What `RequestMemory` was told last. */
  #chargedBytes = 0;
  #chargedCompleteBytes = 0;
  /** Sweeps since the client was last heard. */
  #quietSweeps = 0;

  constructor(options: {
    socket: Socket;
    /** Different for every connection of the broker. */
    index: number;
    listenerName: string;
    /** Undefined, or port 0: clients are told the address, or port, that they connected to. */
    advertised: { host: string; port: number } | undefined;
    services: ConnectionServices;
  }) {
    const { socket, services } = options;
    this.#socket = socket;
    this.#services = services;
    this.#reader = new FrameReader(services);
    this.#leaving = new LeavingReads(services.env.readBuffers);
    this.listenerName = options.listenerName;
    this.remoteAddress = socket.remoteAddress;
    this.localAddress = socket.localAddress;
    this.localPort = socket.localPort;
    this.advertisedHost = options.advertised?.host ?? socket.localAddress;
    this.advertisedPort = options.advertised?.port || socket.localPort;
    this.id = `${socket.localAddress}:${socket.localPort}-${socket.remoteAddress}:${socket.remotePort}-${options.index}`;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** All that is under way is one request that has no position in a log yet. */
  get isParked(): boolean {
    return this.#exchanges.length === 1 && !this.#admitted;
  }

  get isMidRequest(): boolean {
    return this.#reader.partialBytes > 0;
  }

  start(): void {
    this.#socket.start({
      target: () => this.#reader.target(),
      onBytes: (count) => this.#onBytes(count),
      onDrain: () => this.#onDrain(),
      onClose: () => this.#onClose(),
    });
  }

  /** No further request is begun. The connection closes when the answers that are under way have left; parked requests are told to end. */
  endAfterAnswers(): void {
    this.#dropInput();
    this.#abort.abort();
    this.#flush();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  resumeReading(): void {
    this.#readOrPause();
  }

  /**
   * Called at regular intervals. Closes the connection when nothing was heard of the client for `idleSweeps` of them and no request of it is being
   * handled, or for `stallSweeps` in the middle of a request while others wait for memory.
   */
  sweep(limit: { idleSweeps: number; stallSweeps: number }): void {
    this.#quietSweeps += 1;
    this.#leaving.left(this.#socket.pendingBytes);
    const isIdle = this.#quietSweeps > limit.idleSweeps && this.#exchanges.length === 0;
    const isStalled = this.#quietSweeps > limit.stallSweeps && this.isMidRequest && this.#services.memory.hasWaiters;
    if (isIdle || isStalled) this.destroy();
  }

  exchangeAdmitsNext(exchange: Exchange): void {
    if (this.#admitted || exchange !== this.#exchanges.at(-1)) return;
    this.#admitted = true;
    this.#advance();
  }

  exchangeEnded(exchange: Exchange): void {
    if (exchange === this.#exchanges.at(-1)) this.#admitted = true;
    if (exchange.disconnects) this.#dropInput();
    if (this.#isOpen) {
      for (const part of exchange.parts ?? NO_PARTS) this.#answerBytes += part.length;
      if (exchange === this.#exchanges[0]) this.#scheduleFlush();
    }
    this.#advance();
    if (this.#isClosed) this.#letGoWhenDone();
  }

  #onBytes(count: number): void {
    if (this.#inputEnded) return;
    this.#quietSweeps = 0;
    this.#isReceiving = true;
    const known = this.#waiting.length;
    const fault = this.#reader.received(count, this.#waiting);
    for (let i = known; i < this.#waiting.length; i += 1) this.#requestBytes += this.#waiting[i]?.length ?? 0;
    if (fault !== undefined) {
      this.#inputEnded = true;
      this.#services.onOffence(this, fault);
    }
    this.#advance();
    this.#isReceiving = false;
    this.#flush();
  }

  #onDrain(): void {
    this.#quietSweeps = 0;
    this.#outputIsFull = false;
    this.#leaving.left(this.#socket.pendingBytes);
    this.#advance();
    this.#flush();
  }

  /** What arrived whole before the client went is still carried out, in order, as in Apache Kafka: with acks=0 nobody waits before closing. */
  #onClose(): void {
    this.#isOpen = false;
    this.#isClosed = true;
    this.#inputEnded = true;
    this.#outputIsFull = false;
    this.#answerBytes = 0;
    this.#abort.abort();
    this.#services.onClosed(this);
    this.#advance();
    this.#letGoWhenDone();
  }

  #letGoWhenDone(): void {
    if (this.#waiting.length > 0) return;
    this.#exchanges.length = 0;
    this.#requestBytes = 0;
    this.#charge(0);
    this.#services.memory.forget(this);
  }

  /** Begins what may be begun. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#admitted && !this.#outputIsFull && this.#answerBytes < limits.connectionOutputBytes) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#begin(frame);
      if (this.#answerBytes >= limits.connectionOutputBytes) this.#flush();
    }
    this.#isAdvancing = false;
  }

  #begin(frame: Uint8Array): void {
    const { broker, dispatch } = this.#services;
    const exchange = new Exchange({ broker, connection: this, owner: this, frameBytes: frame.length });
    this.#exchanges.push(exchange);
    this.#admitted = false;
    dispatch(frame, exchange);
  }

  /** Answers that become known in one turn of the event loop, for instance because one sync made them all durable, leave in one write. */
  #scheduleFlush(): void {
    if (this.#flushIsDue || this.#isReceiving) return;
    this.#flushIsDue = true;
    this.#services.env.timers.soon(() => this.#flush());
  }

  /** Hands over the answers whose turn has come. */
  #flush(): void {
    this.#flushIsDue = false;
    if (!this.#isOpen) return;
    const output: Uint8Array[] = [];
    let handedOver = 0;
    for (const exchange of this.#exchanges) {
      if (!exchange.ended) break;
      handedOver += 1;
      this.#requestBytes -= exchange.frameBytes;
      if (exchange.disconnects) {
        // Answers behind it will never leave.
        handedOver = this.#exchanges.length;
        break;
      }
      for (const part of exchange.parts ?? NO_PARTS) output.push(part);
    }
    this.#exchanges.splice(0, handedOver);
    if (output.length > 0) this.#write(output);
    if (this.#inputEnded && this.#waiting.length === 0 && this.#exchanges.length === 0) this.#end();
    this.#advance();
    this.#readOrPause();
  }

  #write(output: readonly Uint8Array[]): void {
    this.#quietSweeps = 0;
    let bytes = 0;
    for (const part of output) bytes += part.length;
    this.#answerBytes -= bytes;
    const isSmall = output.length > 1 && bytes <= JOINED_BYTES_MAX;
    if (!this.#socket.write(isSmall ? [Buffer.concat(output, bytes)] : output)) this.#outputIsFull = true;
    this.#leaving.handed(output);
    this.#leaving.left(this.#socket.pendingBytes);
  }

  #end(): void {
    this.#isOpen = false;
    this.#socket.end();
  }

  #dropInput(): void {
    this.#inputEnded = true;
    for (const frame of this.#waiting) this.#requestBytes -= frame.length;
    this.#waiting.length = 0;
  }

  /** Reads on, or stops for now: when this client sent more than may wait, or all clients together did. */
  #readOrPause(): void {
    if (!this.#isOpen) return;
    this.#charge(this.#reader.partialBytes);
    const mustPause =
      this.#inputEnded ||
      this.#requestBytes >= limits.connectionRequestBytes ||
      this.#waiting.length + this.#exchanges.length >= limits.connectionRequests ||
      this.#services.memory.mustWait(this);
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#socket.pause();
    else this.#socket.resume();
  }

  #charge(partialBytes: number): void {
    const completeBytes = this.#requestBytes;
    const bytes = completeBytes + partialBytes;
    if (bytes === this.#chargedBytes && completeBytes === this.#chargedCompleteBytes) return;
    const delta = { bytes: bytes - this.#chargedBytes, completeBytes: completeBytes - this.#chargedCompleteBytes };
    this.#chargedBytes = bytes;
    this.#chargedCompleteBytes = completeBytes;
    this.#services.memory.change(delta);
  }
}
