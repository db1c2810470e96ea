/**
 * One simulated connection, both ends. What the broker writes is looked at only when it is sent, some time after `write`, as an operating system does: a buffer
 * that is used again too early shows up as wrong bytes at the client.
 */
import type { Socket, SocketHandlers } from '../../src/base/env.ts';
import type { Schedule } from './schedule.ts';

/** Bytes that may be on their way to the client before the broker is asked for a break. */
const SEND_BYTES_MAX = 64 * 1024;

export interface ClientEnd {
  onBytes: (bytes: Uint8Array) => void;
  onClose: () => void;
  send(bytes: Uint8Array): void;
  close(): void;
}

interface SocketOptions {
  readonly schedule: Schedule;
  readonly latencyMs: () => number;
  /** How much the network takes at once. */
  readonly pieceBytes: () => number;
  readonly port: number;
  readonly remotePort: number;
  readonly onGone: () => void;
}

export class SimSocket implements Socket {
  readonly remoteAddress = '10.0.0.2';
  readonly remotePort: number;
  readonly localAddress = '10.0.0.1';
  readonly localPort: number;
  readonly client: ClientEnd;
  readonly #options: SocketOptions;
  #handlers: SocketHandlers | undefined;
  /** Arrived at the broker and not taken by it. */
  #arrived: Uint8Array[] = [];
  /** Written by the broker and not sent. */
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #sending = false;
  #mustDrain = false;
  #isPaused = false;
  #endsAfterSending = false;
  /** The earliest moments at which the next bytes may arrive, so that they stay in order. */
  #toBrokerMs = 0;
  #toClientMs = 0;
  #brokerIsClosed = false;
  #clientIsClosed = false;
  #wasCut = false;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.remotePort = options.remotePort;
    this.localPort = options.port;
    this.client = {
      onBytes: () => {},
      onClose: () => {},
      send: (bytes) => this.#sendToBroker(bytes),
      close: () => this.cut({ requestsArrive: true }),
    };
  }

  start(handlers: SocketHandlers): void {
    this.#handlers = handlers;
    this.#deliver();
  }

  get pendingBytes(): number {
    return this.#unsentBytes;
  }

  write(parts: readonly Uint8Array[]): boolean {
    if (this.#brokerIsClosed) return true;
    for (const part of parts) this.#unsentBytes += part.byteLength;
    this.#unsent.push(...parts);
    this.#sendLater();
    this.#mustDrain ||= this.#unsentBytes > SEND_BYTES_MAX;
    return !this.#mustDrain;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#options.schedule.soon(() => this.#deliver());
  }

  end(): void {
    this.#endsAfterSending = true;
    this.#sendLater();
  }

  destroy(): void {
    this.#closeBroker();
    this.#options.schedule.after(this.#options.latencyMs(), () => this.#closeClient());
  }

  /** The network lets go of the connection. With `requestsArrive` the broker still gets what the client has sent. */
  cut({ requestsArrive }: { requestsArrive: boolean }): void {
    if (this.#wasCut) return;
    this.#wasCut = true;
    const { schedule, latencyMs } = this.#options;
    if (!requestsArrive) this.#arrived = [];
    schedule.soon(() => this.#closeClient());
    const arrivesMs = Math.max(0, this.#toBrokerMs - schedule.monotonicMs());
    schedule.after(requestsArrive ? arrivesMs + latencyMs() : 0, () => this.#closeBroker());
  }

  /** The broker's process is gone: it hears nothing any more, and nothing that it said is still on its way. */
  die(): void {
    this.#handlers = undefined;
    this.#brokerIsClosed = true;
    this.#wasCut = true;
    this.#options.schedule.soon(() => this.#closeClient());
  }

  #sendToBroker(bytes: Uint8Array): void {
    if (this.#clientIsClosed) return;
    const { schedule, latencyMs, pieceBytes } = this.#options;
    for (let at = 0; at < bytes.byteLength; ) {
      const piece = bytes.subarray(at, at + pieceBytes());
      at += piece.byteLength;
      this.#toBrokerMs = Math.max(this.#toBrokerMs, schedule.monotonicMs() + latencyMs());
      schedule.after(this.#toBrokerMs - schedule.monotonicMs(), () => {
        this.#arrived.push(piece);
        this.#deliver();
      });
    }
  }

  #deliver(): void {
    while (this.#handlers !== undefined && !this.#isPaused && !this.#brokerIsClosed) {
      const [piece] = this.#arrived;
      if (piece === undefined) return;
      const target = this.#handlers.target();
      const count = Math.min(target.byteLength, piece.byteLength);
      target.set(piece.subarray(0, count));
      if (count === piece.byteLength) this.#arrived.shift();
      else this.#arrived[0] = piece.subarray(count);
      this.#handlers.onBytes(count);
    }
  }

  #sendLater(): void {
    if (this.#sending) return;
    this.#sending = true;
    this.#options.schedule.after(this.#options.latencyMs() / 2, () => this.#send());
  }

  #send(): void {
    this.#sending = false;
    if (this.#brokerIsClosed) return;
    const bytes = Buffer.concat(this.#unsent);
    this.#unsent = [];
    this.#unsentBytes = 0;
    const { schedule, latencyMs } = this.#options;
    this.#toClientMs = Math.max(this.#toClientMs, schedule.monotonicMs() + latencyMs());
    const arrivesMs = this.#toClientMs - schedule.monotonicMs();
    if (bytes.byteLength > 0) schedule.after(arrivesMs, () => this.#arriveAtClient(bytes));
    if (this.#endsAfterSending) {
      this.#closeBroker();
      schedule.after(arrivesMs, () => this.#closeClient());
    } else if (this.#mustDrain) {
      this.#mustDrain = false;
      this.#handlers?.onDrain();
    }
  }

  #arriveAtClient(bytes: Uint8Array): void {
    if (!this.#clientIsClosed && !this.#wasCut) this.client.onBytes(bytes);
  }

  #closeBroker(): void {
    if (this.#brokerIsClosed) return;
    this.#brokerIsClosed = true;
    this.#options.onGone();
    this.#options.schedule.soon(() => this.#handlers?.onClose(undefined));
  }

  #closeClient(): void {
    if (this.#clientIsClosed) return;
    this.#clientIsClosed = true;
    this.client.onClose();
  }
}
