/**
 * What a handler is: an API's schema and the function that answers it. Handlers hold no state; what they decide lives in `broker/` and below.
 */
import type { Broker } from '../broker/broker.ts';
import type { Api, RequestOf, ResponseOf } from '../protocol/schema.ts';

export interface RequestContext {
  readonly broker: Broker;
  readonly apiVersion: number;
  /** Null when the client sent none. */
  readonly clientId: string | null;
  readonly connection: ConnectionContext;
  /**
   * Lets the next request of this connection begin. A handler calls it once what it decided has its position in the log, before it waits
   * for the disk. Without the call, the next request waits for this one's answer (as in Apache Kafka). Answers keep the order of requests either way.
   */
  admitNext(): void;
  /** Closes the connection in place of an answer, once the earlier answers have left. */
  disconnect(): void;
}

export interface ConnectionContext {
  /** Unique within the broker, in the manner of Kafka's `local:port-remote:port-n`. */
  readonly id: string;
  readonly listenerName: string;
  /** What a client of this listener is told as this broker's address: the advertised one, else the one it connected to. */
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  readonly remoteAddress: string;
  /** The address and port that the client connected to. */
  readonly localAddress: string;
  readonly localPort: number;
  /** `User:ANONYMOUS` on a plain listener. */
  readonly principal: string;
  /** From ApiVersions v3 (KIP-511). */
  clientSoftwareName: string;
  clientSoftwareVersion: string;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
}

export interface Handler {
  readonly api: Api;
  handle(request: unknown, context: RequestContext): unknown;
}

/**
 * `handle` runs up to its first await in the same turn as the frame was read. Undefined is "no answer" (acks=0).
 */
export function handler<A extends Api>(
  api: A,
  handle: (
    request: RequestOf<A>,
    context: RequestContext,
  ) => ResponseOf<A> | undefined | Promise<ResponseOf<A> | undefined>,
): Handler {
  // The dispatcher decodes with `api` before it calls, so the request has that schema's type.
  return { api, handle: (request, context) => handle(request as RequestOf<A>, context) };
}
