import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appended, heldPartition } from '../partition/partition.fixture.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { FetchPartition } from './fetch-partition.ts';
import { readFetch } from './fetch-read.ts';

const producer = { producerId: 1, producerEpoch: 0 };

test('a reader of committed records gets none that were deleted while they were read: the list of the aborted ones among them went along', async () => {
  const { partition, log } = await heldPartition();
  appended(partition, { ...producer, baseSequence: 0, isTransactional: true });
  partition.appendMarker({ ...producer, outcome: 'aborted', coordinatorEpoch: 0, transactionVersion: 0 });
  appended(partition);
  log.sync(3);
  const read = partition.read.bind(partition);
  partition.read = async (request) => {
    const slice = await read(request);
    await partition.deleteRecordsBefore(2);
    return slice;
  };
  const target = new FetchPartition({ name: 'a', id: '' }, 0, { partitionMoved: () => {} });
  target.bytesMax = 1_000;
  const fetch = async (isolation: 'committed' | 'uncommitted') => {
    const reading = await readFetch([target], { bytesMax: 1_000, isolation, replicaId: -1, find: () => partition });
    return reading.answers.map(({ data }) => data.errorCode);
  };
  assert.deepEqual(await fetch('committed'), [ErrorCode.OFFSET_OUT_OF_RANGE]);
  target.fetchOffset = 2;
  assert.deepEqual(await fetch('committed'), [ErrorCode.NONE]);
});
