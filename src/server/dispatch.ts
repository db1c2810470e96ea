/**
 * From a frame to the handler of its API and back: reads header and body, calls the handler, writes the answer. Decides what becomes of requests
 * that cannot be read or that nobody serves, and of handlers that fail. Holds no state but the table of handlers.
 *
 * As Apache Kafka does: an API or version that is not served, and bytes that are not what their schema says, close the connection without an
 * answer. The exception is a version of ApiVersions that is not known: it is answered in the layout of version 0, with the range that is.
 */
import type { Logger } from '../base/env.ts';
import { codecOf } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { encodeResponse } from '../protocol/frame.ts';
import { readRequestHeader } from '../protocol/headers.ts';
import { MalformedMessage } from '../protocol/malformed-message.ts';
import { ApiVersions } from '../protocol/messages/api-versions.ts';
import { Reader } from '../protocol/reader.ts';
import { type Api, includesVersion, type ResponseOf, versionRange } from '../protocol/schema.ts';
import type { Exchange } from './exchange.ts';
import type { Handler, RequestContext } from './handler.ts';
import type { RefusalLog } from './refusal-log.ts';

/** Stands between requests and their handlers; `proceed` calls the handler. For tests that want to see a broker fail. */
export type Interceptor = (call: {
  readonly api: Api;
  readonly request: unknown;
  readonly context: RequestContext;
  readonly proceed: () => unknown;
}) => unknown;

interface DispatcherOptions {
  readonly handlers: readonly Handler[];
  readonly logger: Logger;
  readonly refusals: RefusalLog;
  readonly interceptor: Interceptor | undefined;
}

/** Why a client is disconnected, as far as that is known. */
interface Refusal {
  readonly reason: string;
  readonly api?: string | undefined;
  readonly apiKey?: number;
  readonly apiVersion: number;
  readonly position?: number;
}

export class Dispatcher {
  readonly #logger: Logger;
  readonly #refusals: RefusalLog;
  readonly #interceptor: Interceptor | undefined;
  readonly #handlers: (Handler | undefined)[] = [];

  constructor(options: DispatcherOptions) {
    this.#logger = options.logger;
    this.#refusals = options.refusals;
    this.#interceptor = options.interceptor;
    for (const handler of options.handlers) {
      this.#handlers[handler.api.key] = handler;
    }
  }

  /** Ends `exchange`, now or later. Never throws. */
  dispatch(frame: Uint8Array, exchange: Exchange): void {
    let handler: Handler | undefined;
    try {
      const reader = new Reader(frame);
      const { apiKey, apiVersion, correlationId, clientId } = readRequestHeader(reader, this.#isFlexible);
      exchange.apiVersion = apiVersion;
      exchange.correlationId = correlationId;
      exchange.clientId = clientId;
      handler = this.#handlers[apiKey];
      if (handler === undefined) this.#refuse(exchange, { apiKey, apiVersion, reason: 'the API is not served' });
      else if (includesVersion(handler.api.versions, apiVersion)) this.#call(handler, reader, exchange);
      else this.#refuseVersion(handler, exchange);
    } catch (error) {
      this.#failed(handler, exchange, error);
    }
  }

  readonly #isFlexible = (apiKey: number, apiVersion: number): boolean => {
    const handler = this.#handlers[apiKey];
    return handler !== undefined && apiVersion >= handler.api.flexibleFrom;
  };

  #call(handler: Handler, reader: Reader, exchange: Exchange): void {
    const { api } = handler;
    const request = codecOf(api.request, exchange.apiVersion).read(reader);
    const intercept = this.#interceptor;
    const response =
      intercept === undefined
        ? handler.handle(request, exchange)
        : intercept({ api, request, context: exchange, proceed: () => handler.handle(request, exchange) });
    if (response instanceof Promise) {
      response.then(
        (later) => this.#answerLater(handler, exchange, later),
        (error: unknown) => this.#failed(handler, exchange, error),
      );
    } else this.#answer(handler, exchange, response);
  }

  #answerLater(handler: Handler, exchange: Exchange, response: unknown): void {
    try {
      this.#answer(handler, exchange, response);
    } catch (error) {
      this.#failed(handler, exchange, error);
    }
  }

  #answer(handler: Handler, exchange: Exchange, response: unknown): void {
    if (exchange.ended) return;
    exchange.answer(response === undefined ? undefined : encodeAnswer(handler, exchange, response));
  }

  #refuseVersion(handler: Handler, exchange: Exchange): void {
    const { api } = handler;
    if (api.key === ApiVersions.key) {
      const { min, max } = api.versions;
      exchange.apiVersion = 0;
      this.#answer(handler, exchange, {
        errorCode: ErrorCode.UNSUPPORTED_VERSION,
        apiKeys: [{ apiKey: api.key, minVersion: min, maxVersion: max }],
      });
    } else {
      const { apiVersion } = exchange;
      this.#refuse(exchange, { api: api.name, apiVersion, reason: 'the version is not served' });
    }
  }

  /** The client's fault: its connection closes. */
  #refuse(exchange: Exchange, fields: Refusal): void {
    this.#refusals.warn({ connection: exchange.connection.id, ...fields }, 'a client was disconnected');
    exchange.disconnect();
  }

  #failed(handler: Handler | undefined, exchange: Exchange, error: unknown): void {
    if (exchange.ended) return;
    const call = { api: handler?.api.name, apiVersion: exchange.apiVersion };
    if (error instanceof MalformedMessage) {
      this.#refuse(exchange, { ...call, reason: error.message, position: error.position });
      return;
    }
    const connection = exchange.connection.id;
    this.#logger.error({ err: error, ...call, connection }, 'a request met a bug or a fault that nobody handled');
    if (handler !== undefined && hasErrorCode(handler.api, exchange.apiVersion)) {
      exchange.answer(encodeAnswer(handler, exchange, { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }));
    } else exchange.disconnect();
  }
}

function encodeAnswer({ api }: Handler, exchange: Exchange, response: unknown): readonly Uint8Array[] {
  // The handler was declared for this API, so it answers with that API's response (or a test's interceptor answers for it).
  return encodeResponse(api, exchange.apiVersion, exchange.correlationId, response as ResponseOf<Api>).parts;
}

/** Whether the answer has one error code for all of it, in which case the rest may be left at its defaults. */
function hasErrorCode(api: Api, version: number): boolean {
  const field = api.response.shape['errorCode'];
  if (field === undefined) return false;
  return field.versions === undefined || includesVersion(versionRange(field.versions), version);
}
