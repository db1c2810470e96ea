/**
 * The bytes of Apache Kafka's own classes against both codecs: they decode to Kafka's JSON, and the JSON encodes to
 * Kafka's bytes.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { coordinatorRecords, messagesByName, metadataRecords } from './all-messages.ts';
import { closureCodec } from './codec-closures.ts';
import { compileCodec } from './codec-compiler.ts';
import type { Codec } from './codec-type.ts';
import { readRequestHeader, readResponseHeader, writeRequestHeader, writeResponseHeader } from './headers.ts';
import { fromJson, type Json, toJson } from './json.ts';
import { layoutOf, type StructLayout } from './layout.ts';
import { Reader } from './reader.ts';
import { decodeKey, decodeValue, encodeKey, encodeValue } from './records/coordinator-record.ts';
import { decodeMetadataRecord, encodeMetadataRecord, metadataRecordType } from './records/metadata-record.ts';
import type { Message } from './schema.ts';
import { committedVectors, vectorsOf, type WireVector } from './vectors/wire-vectors.ts';
import { decodeVersioned, encodeVersioned } from './versioned-message.ts';
import { Writer } from './writer.ts';

/** Served on a controller's listener only, never to a client of a broker. */
const CONTROLLER_APIS = [
  'AllocateProducerIds',
  'AlterPartition',
  'AssignReplicasToDirs',
  'BeginQuorumEpoch',
  'BrokerHeartbeat',
  'BrokerRegistration',
  'ControllerRegistration',
  'EndQuorumEpoch',
  'Envelope',
  'FetchSnapshot',
  'UpdateRaftVoter',
  'Vote',
];
const CONTROLLER_MESSAGES = new Set(CONTROLLER_APIS.flatMap((name) => [`${name}Request`, `${name}Response`]));

const codecMakers = { compiled: compileCodec, closures: closureCodec };
/** The full set is too large to be committed; whoever has it names its folder. */
const allVectors = process.env['OTTLA_VECTORS'];

for (const [codecName, makeCodec] of Object.entries(codecMakers)) {
  describe(`the ${codecName} codec agrees with Apache Kafka`, () => {
    test('on the committed selection', () => {
      assert.ok(checkAll(committedVectors(), makeCodec) > 1_000);
    });
    for (const folder of ['messages', 'records']) {
      const vectors = allVectors === undefined ? undefined : vectorsOf(pathToFileURL(join(allVectors, folder)));
      const skip = vectors === undefined && 'OTTLA_VECTORS names no folder: the committed selection carries the proof';
      test(`on every vector of ${folder}`, { skip }, () => {
        assert.ok(checkAll(vectors ?? [], makeCodec) > 500);
      });
    }
  });
}

test('the committed selection has every message at its first and last version', () => {
  const seen = new Set(committedVectors().map((vector) => `${vector.message} ${vector.version}`));
  for (const { name, versions } of messagesByName.values()) {
    assert.ok(seen.has(`${name} ${versions.min}`), `${name} ${versions.min}`);
    assert.ok(seen.has(`${name} ${versions.max}`), `${name} ${versions.max}`);
  }
});

test('a vector with one byte changed does not pass', () => {
  const vector = committedVectors().find(({ message, case: name }) => message === 'FetchResponse' && name === 'filled');
  assert.ok(vector !== undefined);
  const changed = {
    ...vector,
    hex: `${vector.hex.slice(0, 7)}${vector.hex[7] === '0' ? '1' : '0'}${vector.hex.slice(8)}`,
  };
  assert.throws(() => checkAll([changed], compileCodec), /FetchResponse/);
});

test('stored records are their bodies with type, version or frame in front', () => {
  const stored = committedVectors().filter(({ stored, case: name }) => stored !== undefined && name === 'filled');
  assert.ok(stored.length > 80);
  for (const vector of stored) assert.equal(storedAgain(vector), vector.stored, vector.message);
});

test('request headers v1 and v2, response headers v0 and v1', () => {
  const headers = committedVectors().filter(({ kind }) => kind === 'header');
  assert.ok(headers.length >= 12);
  for (const vector of headers) checkHeader(vector);
});

/** Answers how many vectors were checked. */
function checkAll(
  vectors: readonly WireVector[],
  makeCodec: (layout: StructLayout) => Codec<unknown, unknown>,
): number {
  const codecs = new Map<string, Codec<unknown, unknown>>();
  const filled = new Map(
    vectors
      .filter((vector) => vector.case === 'filled')
      .map(({ message, version, hex }) => [`${message} v${version}`, hex]),
  );
  const ours = vectors.filter(({ message, kind }) => kind !== 'header' && !CONTROLLER_MESSAGES.has(message));
  for (const vector of ours) {
    const message = messageNamed(vector.message);
    const key = `${vector.message} v${vector.version}`;
    const codec = codecs.get(key) ?? makeCodec(layoutOf(message, vector.version));
    codecs.set(key, codec);
    try {
      const bytes = checkOne(vector, message, codec);
      // Tags that nobody knows are not kept: what is left are the values of the case `filled`.
      if (vector.case === 'unknown-tags') assert.equal(bytes, filled.get(key));
    } catch (error) {
      throw new Error(`${key}, case ${vector.case}`, { cause: error });
    }
  }
  return ours.length;
}

/** Answers the bytes that the vector's values were encoded to. */
function checkOne(vector: WireVector, message: Message, codec: Codec<unknown, unknown>): string {
  const { version, json, hex } = vector;
  const reader = new Reader(Buffer.from(hex, 'hex'));
  // The codec was made for this message, and messages decode to objects.
  const decoded = codec.read(reader) as object;
  assert.equal(reader.remaining, 0, 'bytes are left over');
  assert.deepEqual(toJson(message, version, decoded), saturated(json));

  const bytes = written(codec, fromJson(message, version, json));
  assert.equal(written(codec, decoded), bytes);
  if (vector.case === 'int64-extremes') {
    // Saturated numbers have other bytes: they must at least read as the same numbers again.
    assert.deepEqual(codec.read(new Reader(Buffer.from(bytes, 'hex'))), decoded);
  } else if (vector.case !== 'unknown-tags') {
    assert.equal(bytes, hex);
  }
  return bytes;
}

function written(codec: Codec<unknown, unknown>, value: unknown): string {
  const writer = new Writer();
  codec.write(writer, value);
  return hexOf(writer);
}

/** int64 strings are beyond what a number holds; only a hash keeps all its 64 bits. */
function saturated(json: Json, name = ''): Json {
  if (Array.isArray(json)) return json.map((element: Json) => saturated(element));
  if (typeof json === 'object' && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, saturated(value, key)]));
  }
  if (typeof json !== 'string' || !/^-?[0-9]{16,}$/.test(json) || name === 'metadataHash') return json;
  return json.startsWith('-') ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
}

function storedAgain({ message: name, kind, version, recordType, stored }: WireVector): string {
  const bytes = Buffer.from(stored ?? '', 'hex');
  if (kind === 'metadata') {
    const record = metadataRecords.find(({ type }) => type === metadataRecordType(bytes));
    assert.ok(record !== undefined && record.value.name === name);
    return Buffer.from(encodeMetadataRecord(record, version, decodeMetadataRecord(record, bytes))).toString('hex');
  }
  if (kind === 'data') {
    const message = messageNamed(name);
    return Buffer.from(encodeVersioned(message, version, decodeVersioned(message, bytes))).toString('hex');
  }
  const record = coordinatorRecords.find(
    (candidate) => `${candidate.name}${kind === 'key' ? 'Key' : 'Value'}` === name,
  );
  assert.ok(record !== undefined && record.type === recordType);
  const again =
    kind === 'key'
      ? encodeKey(record, decodeKey(record, bytes))
      : encodeValue(record, version, decodeValue(record, bytes));
  return Buffer.from(again).toString('hex');
}

function checkHeader({ message, version, json, hex, case: name }: WireVector): void {
  // Header vectors hold an object of numbers and one string.
  const expected = json as {
    requestApiKey: number;
    requestApiVersion: number;
    correlationId: number;
    clientId: string | null;
  };
  const reader = new Reader(Buffer.from(hex, 'hex'));
  const writer = new Writer();
  if (message === 'RequestHeader') {
    const header = readRequestHeader(reader, () => version === 2);
    assert.deepEqual(header, {
      apiKey: expected.requestApiKey,
      apiVersion: expected.requestApiVersion,
      correlationId: expected.correlationId,
      clientId: expected.clientId,
    });
    writeRequestHeader(writer, header, version === 2);
  } else {
    const correlationId = readResponseHeader(reader, version === 1);
    assert.equal(correlationId, expected.correlationId);
    writeResponseHeader(writer, correlationId, version === 1);
  }
  assert.equal(reader.remaining, 0);
  if (name !== 'unknown-tags') assert.equal(hexOf(writer), hex);
}

function messageNamed(name: string): Message {
  const message = messagesByName.get(name);
  assert.ok(message !== undefined, `no message is named ${name}`);
  return message;
}

function hexOf(writer: Writer): string {
  return Buffer.concat(writer.finish().parts).toString('hex');
}
