import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { type GroupRecord, groupRecordCodec } from './group-record.ts';

const member = {
  memberId: 'm-1',
  instanceId: 'i-1',
  clientId: 'client',
  clientHost: '/127.0.0.1',
  rebalanceTimeoutMs: 60_000,
  sessionTimeoutMs: 10_000,
  subscription: Buffer.from('subscription'),
  assignment: Buffer.from('assignment'),
};
const metadata = {
  protocolType: 'consumer',
  generation: 7,
  protocolName: 'range',
  leaderId: 'm-1',
  stateTimestampMs: 1_800_000_000_000,
  members: [member, { ...member, memberId: 'm-2', instanceId: undefined }],
};
const empty = { ...metadata, protocolName: undefined, leaderId: undefined, members: [] };
const offset = { kind: 'offset-commit', groupId: 'g', topic: 't', partition: 3 } as const;
const committed = {
  offset: 42,
  leaderEpoch: 5,
  metadata: 'metadata',
  commitTimestampMs: 1_800_000_000_000,
  expireTimestampMs: undefined,
  topicId: 'AAAAAAAAAAAAAAAAAAAAZg',
};

const records: readonly GroupRecord[] = [
  { kind: 'group-metadata', groupId: 'g', metadata },
  { kind: 'group-metadata', groupId: '', metadata: empty },
  { kind: 'group-metadata', groupId: 'g', metadata: undefined },
  { ...offset, committed },
  { ...offset, committed: { ...committed, leaderEpoch: -1, topicId: undefined, offset: -2 } },
  // The layout with an expiry time has neither leader epoch nor topic id.
  { ...offset, committed: { ...committed, expireTimestampMs: 9, leaderEpoch: -1, topicId: undefined } },
  { ...offset, committed: undefined },
];

test('what is written is read back', () => {
  for (const record of records) {
    const { key, value } = groupRecordCodec.encode(record);
    assert.deepEqual(groupRecordCodec.decode(key, value), record);
  }
});

test('records of other kinds are not known', () => {
  assert.equal(groupRecordCodec.decode(Buffer.from([0, 3, 0, 1, 103]), Buffer.alloc(2)), undefined);
  assert.equal(groupRecordCodec.decode(Buffer.alloc(0), null), undefined);
});

test('what is read does not keep the bytes that it was read from', () => {
  const encoded = groupRecordCodec.encode({ kind: 'group-metadata', groupId: 'g', metadata });
  const value = Buffer.from(encoded.value ?? []);
  const record = groupRecordCodec.decode(encoded.key, value);
  value.fill(0);
  assert.deepEqual(record, { kind: 'group-metadata', groupId: 'g', metadata });
});
