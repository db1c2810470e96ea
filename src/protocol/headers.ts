/**
 * What stands in front of every request and response. Request headers come as v1 and, for flexible versions, v2
 * (KIP-482: tagged fields at the end; the client id keeps its 16-bit length). Response headers come as v0 and v1; an
 * ApiVersions response has v0 in every version, because a client must be able to read it before it knows what the
 * broker speaks (KIP-511).
 */
import type { Reader } from './reader.ts';
import type { Api } from './schema.ts';
import type { Writer } from './writer.ts';

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

const API_VERSIONS_KEY = 18;

/**
 * Throws `MalformedMessage`. `isFlexible` answers for the API and the version just read, which may both be unknown to
 * us; it decides whether tagged fields follow.
 */
export function readRequestHeader(
  reader: Reader,
  isFlexible: (apiKey: number, apiVersion: number) => boolean,
): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.nullableString();
  if (isFlexible(apiKey, apiVersion)) reader.skipTaggedFields();
  return { apiKey, apiVersion, correlationId, clientId };
}

export function writeRequestHeader(writer: Writer, header: RequestHeader, flexible: boolean): void {
  writer.int16(header.apiKey);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  writer.string(header.clientId);
  if (flexible) writer.uvarint(0);
}

export function isFlexibleRequest(api: Api, version: number): boolean {
  return version >= api.flexibleFrom;
}

export function isFlexibleResponseHeader(api: Api, version: number): boolean {
  return version >= api.flexibleFrom && api.key !== API_VERSIONS_KEY;
}

/** Answers the correlation id. Throws `MalformedMessage`. */
export function readResponseHeader(reader: Reader, flexible: boolean): number {
  const correlationId = reader.int32();
  if (flexible) reader.skipTaggedFields();
  return correlationId;
}

export function writeResponseHeader(writer: Writer, correlationId: number, flexible: boolean): void {
  writer.int32(correlationId);
  if (flexible) writer.uvarint(0);
}
