/**
 * One request and its answer: what a handler sees of it (`RequestContext`), and what the connection needs to know to keep answers in order.
 * Made by the connection when it begins a request; it never touches the socket.
 */
import type { Broker } from '../broker/broker.ts';
import type { ConnectionContext, RequestContext } from './handler.ts';

/** The connection, as an exchange needs it. */
export interface ExchangeOwner {
  exchangeAdmitsNext(exchange: Exchange): void;
  exchangeEnded(exchange: Exchange): void;
}

export class Exchange implements RequestContext {
  readonly broker: Broker;
  readonly connection: ConnectionContext;
  /** -1 until the header has been read. */
  apiVersion = -1;
  correlationId = 0;
  clientId: string | null = null;
  /** Of the whole request, length prefix excluded. */
  readonly frameBytes: number;
  readonly #owner: ExchangeOwner;
  #ended = false;
  #parts: readonly Uint8Array[] | undefined;
  #disconnects = false;

  constructor(options: { broker: Broker; connection: ConnectionContext; owner: ExchangeOwner; frameBytes: number }) {
    this.broker = options.broker;
    this.connection = options.connection;
    this.frameBytes = options.frameBytes;
    this.#owner = options.owner;
  }

  /** The answer is known, or it is known that there will be none. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The answer, length prefix included. Undefined: there is none. */
  get parts(): readonly Uint8Array[] | undefined {
    return this.#parts;
  }

  /** The connection closes in place of this answer. */
  get disconnects(): boolean {
    return this.#disconnects;
  }

  admitNext(): void {
    if (!this.#ended) this.#owner.exchangeAdmitsNext(this);
  }

  answer(parts: readonly Uint8Array[] | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts = parts;
    this.#owner.exchangeEnded(this);
  }

  disconnect(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#disconnects = true;
    this.#owner.exchangeEnded(this);
  }
}
