import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from './frame.ts';
import { MalformedMessage } from './malformed-message.ts';
import { ApiVersions } from './messages/api-versions.ts';
import { Fetch } from './messages/fetch.ts';
import { Produce } from './messages/produce.ts';
import type { Encoded } from './writer.ts';

test('a request frame of every version of Produce comes back as it was', () => {
  const records = Buffer.alloc(3_000, 7);
  const header = { correlationId: 42, clientId: 'tester' };
  for (let version = Produce.versions.min; version <= Produce.versions.max; version++) {
    const encoded = encodeRequest(Produce, version, header, {
      acks: -1,
      topicData: [{ partitionData: [{ index: 3, records }] }],
    });
    assert.ok(encoded.parts.includes(records), 'records are referenced');
    const request = decodeRequest(Produce, version, frameOf(encoded));
    assert.deepEqual(request.header, { apiKey: 0, apiVersion: version, ...header });
    assert.equal(request.body.acks, -1);
    assert.deepEqual(request.body.topicData[0]?.partitionData, [{ index: 3, records }]);
  }
});

test('a response frame takes records in parts', () => {
  const parts = [Buffer.alloc(2_000, 1), Buffer.alloc(2_000, 2)];
  const encoded = encodeResponse(Fetch, 18, 7, { responses: [{ partitions: [{ highWatermark: 9, records: parts }] }] });
  const { correlationId, body } = decodeResponse(Fetch, 18, frameOf(encoded));
  assert.equal(correlationId, 7);
  assert.deepEqual(body.responses[0]?.partitions[0]?.records, Buffer.concat(parts));
});

test('an ApiVersions response has the old header in every version', () => {
  const frames = [0, 3].map((version) => frameOf(encodeResponse(ApiVersions, version, 5, { errorCode: 35 })));
  for (const frame of frames) assert.equal(frame.readInt16BE(4), 35);
});

test('bytes after the body are ignored, a body that ends early is not', () => {
  const frame = frameOf(encodeRequest(Produce, 13, { correlationId: 1, clientId: null }, { acks: 1 }));
  assert.equal(decodeRequest(Produce, 13, Buffer.concat([frame, Buffer.from('rest')])).body.acks, 1);
  assert.throws(() => decodeRequest(Produce, 13, frame.subarray(0, -1)), MalformedMessage);
});

/** What follows the length, which is checked. */
function frameOf({ parts, bytes }: Encoded): Buffer {
  const whole = Buffer.concat(parts);
  assert.equal(whole.length, bytes);
  assert.equal(whole.readInt32BE(0), bytes - 4);
  return whole.subarray(4);
}
