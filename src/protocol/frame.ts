/**
 * Whole frames: length, header and body in one go. Reading is from the frame without its length, which whoever cut it
 * from the stream has already seen.
 */
import { assert } from '../base/assert.ts';
import { codecOf } from './codec.ts';
import {
  isFlexibleRequest,
  isFlexibleResponseHeader,
  type RequestHeader,
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from './headers.ts';
import { Reader } from './reader.ts';
import type { Api, DecodedResponseOf, RequestInputOf, RequestOf, ResponseOf } from './schema.ts';
import { type Encoded, Writer } from './writer.ts';

const LENGTH_BYTES = 4;

export function encodeResponse<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  body: ResponseOf<A>,
): Encoded {
  const writer = new Writer();
  writer.int32(0);
  writeResponseHeader(writer, correlationId, isFlexibleResponseHeader(api, version));
  codecOf(api.response, version).write(writer, body);
  return finishFrame(writer);
}

export function encodeRequest<A extends Api>(
  api: A,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: RequestInputOf<A>,
): Encoded {
  const writer = new Writer();
  writer.int32(0);
  writeRequestHeader(writer, { apiKey: api.key, apiVersion: version, ...header }, isFlexibleRequest(api, version));
  codecOf(api.request, version).write(writer, body);
  return finishFrame(writer);
}

/** Throws `MalformedMessage`. The caller has seen from the frame's first four bytes that it is `api` at `version`. */
export function decodeRequest<A extends Api>(
  api: A,
  version: number,
  frame: Uint8Array,
): { header: RequestHeader; body: RequestOf<A> } {
  const reader = new Reader(frame);
  const header = readRequestHeader(reader, () => isFlexibleRequest(api, version));
  assert(header.apiKey === api.key && header.apiVersion === version, 'a frame of another API or version');
  // The codec belongs to `api`, so what it reads has that API's types.
  return { header, body: codecOf(api.request, version).read(reader) as RequestOf<A> };
}

/** Throws `MalformedMessage`. */
export function decodeResponse<A extends Api>(
  api: A,
  version: number,
  frame: Uint8Array,
): { correlationId: number; body: DecodedResponseOf<A> } {
  const reader = new Reader(frame);
  const correlationId = readResponseHeader(reader, isFlexibleResponseHeader(api, version));
  // As above.
  return { correlationId, body: codecOf(api.response, version).read(reader) as DecodedResponseOf<A> };
}

function finishFrame(writer: Writer): Encoded {
  writer.setInt32(0, writer.length - LENGTH_BYTES);
  return writer.finish();
}
