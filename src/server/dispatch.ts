/**
 * From a frame to the handler of its API and back: reads header and body, calls the handler, writes the answer. Decides what becomes of requests
 * that cannot be read or that nobody serves, and of handlers that fail. Holds no state but the table of handlers.
 *
 * As Apache Kafka does: an API or version that is not served, and bytes that are not what their schema says, close the connection without an
 * answer. The exception is a version of ApiVersions that is not known: it is answered in the layout of version 0, with the range that is.
 */
import type { Logger } from '../base/env.ts';
import { type Codec, codecOf } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { MalformedMessage } from '../protocol/malformed-message.ts';
import { ApiVersions } from '../protocol/messages/api-versions.ts';
import { Reader } from '../protocol/reader.ts';
import { type Api, includesVersion, versionRange } from '../protocol/schema.ts';
import { Writer } from '../protocol/writer.ts';
import type { Exchange } from './exchange.ts';
import type { Handler, RequestContext } from './handler.ts';
import type { RefusalLog } from './refusal-log.ts';

const LENGTH_BYTES = 4;

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

/** The handler of one API, and the codecs of the versions that were asked for. */
interface Route {
  readonly handler: Handler;
  readonly api: Api;
  readonly requestCodecs: (Codec<unknown, unknown> | undefined)[];
  readonly responseCodecs: (Codec<unknown, unknown> | undefined)[];
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
  readonly #routes: (Route | undefined)[] = [];

  constructor(options: DispatcherOptions) {
    this.#logger = options.logger;
    this.#refusals = options.refusals;
    this.#interceptor = options.interceptor;
    for (const handler of options.handlers) {
      this.#routes[handler.api.key] = { handler, api: handler.api, requestCodecs: [], responseCodecs: [] };
    }
  }

  /** Ends `exchange`, now or later. Never throws. */
  dispatch(frame: Uint8Array, exchange: Exchange): void {
    let route: Route | undefined;
    try {
      const reader = new Reader(frame);
      const apiKey = reader.int16();
      const apiVersion = reader.int16();
      exchange.apiVersion = apiVersion;
      exchange.correlationId = reader.int32();
      route = this.#routes[apiKey];
      if (route === undefined) {
        this.#refuse(exchange, { apiKey, apiVersion, reason: 'the API is not served' });
        return;
      }
      exchange.clientId = reader.nullableString();
      if (apiVersion >= route.api.flexibleFrom) reader.skipTaggedFields();
      if (includesVersion(route.api.versions, apiVersion)) this.#call(route, reader, exchange);
      else this.#refuseVersion(route, exchange);
    } catch (error) {
      this.#failed(route, exchange, error);
    }
  }

  #call(route: Route, reader: Reader, exchange: Exchange): void {
    const { handler, api } = route;
    const request = requestCodec(route, exchange.apiVersion).read(reader);
    const intercept = this.#interceptor;
    const response =
      intercept === undefined
        ? handler.handle(request, exchange)
        : intercept({ api, request, context: exchange, proceed: () => handler.handle(request, exchange) });
    if (response instanceof Promise) {
      response.then(
        (later) => this.#answerLater(route, exchange, later),
        (error: unknown) => this.#failed(route, exchange, error),
      );
    } else this.#answer(route, exchange, response);
  }

  #answerLater(route: Route, exchange: Exchange, response: unknown): void {
    try {
      this.#answer(route, exchange, response);
    } catch (error) {
      this.#failed(route, exchange, error);
    }
  }

  #answer(route: Route, exchange: Exchange, response: unknown): void {
    if (exchange.ended) return;
    exchange.answer(response === undefined ? undefined : encodeAnswer(route, exchange, response));
  }

  #refuseVersion(route: Route, exchange: Exchange): void {
    const { api } = route;
    if (api.key === ApiVersions.key) {
      const { min, max } = api.versions;
      exchange.apiVersion = 0;
      this.#answer(route, exchange, {
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

  #failed(route: Route | undefined, exchange: Exchange, error: unknown): void {
    if (exchange.ended) return;
    const call = { api: route?.api.name, apiVersion: exchange.apiVersion };
    if (error instanceof MalformedMessage) {
      this.#refuse(exchange, { ...call, reason: error.message, position: error.position });
      return;
    }
    const connection = exchange.connection.id;
    this.#logger.error({ err: error, ...call, connection }, 'a request met a bug or a fault that nobody handled');
    if (route !== undefined && hasErrorCode(route.api, exchange.apiVersion)) {
      exchange.answer(encodeAnswer(route, exchange, { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }));
    } else exchange.disconnect();
  }
}

function encodeAnswer(route: Route, exchange: Exchange, response: unknown): readonly Uint8Array[] {
  const { api } = route;
  const { apiVersion } = exchange;
  const writer = new Writer();
  // The length, known at the end.
  writer.int32(0);
  writer.int32(exchange.correlationId);
  // Clients must be able to read an answer to a version that was not understood, so this header never became flexible (KIP-511).
  if (apiVersion >= api.flexibleFrom && api.key !== ApiVersions.key) writer.uvarint(0);
  responseCodec(route, apiVersion).write(writer, response);
  writer.setInt32(0, writer.length - LENGTH_BYTES);
  return writer.finish().parts;
}

function requestCodec(route: Route, version: number): Codec<unknown, unknown> {
  let codec = route.requestCodecs[version];
  if (codec === undefined) {
    codec = codecOf(route.api.request, version);
    route.requestCodecs[version] = codec;
  }
  return codec;
}

function responseCodec(route: Route, version: number): Codec<unknown, unknown> {
  let codec = route.responseCodecs[version];
  if (codec === undefined) {
    codec = codecOf(route.api.response, version);
    route.responseCodecs[version] = codec;
  }
  return codec;
}

/** Whether the answer has one error code for all of it, in which case the rest may be left at its defaults. */
function hasErrorCode(api: Api, version: number): boolean {
  const field = api.response.shape['errorCode'];
  if (field === undefined) return false;
  return field.versions === undefined || includesVersion(versionRange(field.versions), version);
}
