/** One raw connection to a broker. Knows frames and correlation ids, and that answers come in the order of requests; knows no messages. */
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

export type Outcome =
  | { readonly kind: 'answer'; readonly frame: Uint8Array; readonly ms: number }
  /** The connection ended first. `reason` is set when that is our doing, because what came was wrong. */
  | { readonly kind: 'ended'; readonly reason: string | undefined }
  | { readonly kind: 'nothing' };

/** Any correlation id is right: for requests that are raw bytes. */
export const ANY_CORRELATION = -1;

const FRAME_BYTES_MAX = 200_000_000;
const CONNECT_TIMEOUT_MS = 5_000;

interface Waiting {
  readonly correlationId: number;
  readonly sentAt: number;
  readonly resolve: (outcome: Outcome) => void;
}

/** A request whose answer may still be on its way. */
export class Exchange {
  readonly #outcome: Promise<Outcome>;
  #settled: Outcome | undefined;

  constructor(outcome: Promise<Outcome>) {
    this.#outcome = outcome.then((settled) => {
      this.#settled = settled;
      return settled;
    });
  }

  /** What has come so far; undefined while there is nothing. */
  get settled(): Outcome | undefined {
    return this.#settled;
  }

  async within(timeoutMs: number): Promise<Outcome> {
    const timeout = Promise.withResolvers<Outcome>();
    const timer = setTimeout(() => timeout.resolve({ kind: 'nothing' }), timeoutMs);
    try {
      return await Promise.race([this.#outcome, timeout.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

export class ClientConnection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #unread: Buffer = Buffer.alloc(0);
  #ended: Outcome | undefined;
  #nextCorrelationId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#take(Buffer.from(bytes)));
    socket.on('error', () => this.#end(undefined));
    socket.on('close', () => this.#end(undefined));
  }

  static async open(address: { readonly host: string; readonly port: number }): Promise<ClientConnection> {
    const socket = connect({ ...address, noDelay: true });
    const opened = Promise.withResolvers<void>();
    socket.once('connect', opened.resolve);
    socket.once('error', opened.reject);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => opened.reject(new Error('the broker does not take the connection')));
    await opened.promise;
    socket.setTimeout(0);
    return new ClientConnection(socket);
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  nextCorrelationId(): number {
    this.#nextCorrelationId += 1;
    return this.#nextCorrelationId - 1;
  }

  /** Undefined `correlationId`: no answer may come. */
  send(bytes: Uint8Array, correlationId: number | undefined): Exchange {
    const outcome = Promise.withResolvers<Outcome>();
    if (this.#ended !== undefined) outcome.resolve(this.#ended);
    else if (correlationId !== undefined) {
      this.#waiting.push({ correlationId, sentAt: performance.now(), resolve: outcome.resolve });
    }
    if (this.#ended === undefined) this.#socket.write(bytes);
    return new Exchange(outcome.promise);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    while (this.#ended === undefined && this.#unread.length >= 4) {
      const length = this.#unread.readInt32BE(0);
      if (length < 4 || length > FRAME_BYTES_MAX) {
        this.#end(`a response of ${length} bytes came`);
        return;
      }
      if (this.#unread.length < 4 + length) return;
      this.#deliver(this.#unread.subarray(4, 4 + length));
      this.#unread = this.#unread.subarray(4 + length);
    }
  }

  #deliver(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#end(`an answer came that nobody waits for (correlation id ${correlationId})`);
      return;
    }
    if (next.correlationId !== ANY_CORRELATION && next.correlationId !== correlationId) {
      this.#waiting.unshift(next);
      this.#end(`correlation id ${correlationId} came, ${next.correlationId} is next in order`);
      return;
    }
    next.resolve({ kind: 'answer', frame, ms: performance.now() - next.sentAt });
  }

  #end(reason: string | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { kind: 'ended', reason };
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(this.#ended);
    this.#socket.destroy();
  }
}
