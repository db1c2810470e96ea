/** A list of aborted transactions that makes no sense is made anew: readers of committed records never take aborted ones for committed because of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { present } from '../base/assert.ts';
import { produced } from '../partition/partition.fixture.ts';
import type { Partition } from '../partition/partition.ts';
import { type LocalBroker, localBroker, loudLines } from './local-broker.fixture.ts';

const TRANSACTIONS = 3;
const LIST = 'data/a-0/00000000000000000000.txnindex';
const settings = { 'transaction.partition.verification.enable': 'false' };

/** Each with a batch and its marker. */
async function withAborted(): Promise<LocalBroker> {
  const node = await localBroker(settings);
  await node.createTopic('a');
  const partition = await node.partition('a');
  for (let producerId = 0; producerId < TRANSACTIONS; producerId += 1) {
    partition.append(produced({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }), 11);
    const outcome = 'aborted';
    partition.appendMarker({ producerId, producerEpoch: 0, outcome, coordinatorEpoch: 0, transactionVersion: 0 });
  }
  await partition.whenDurable(partition.logEndOffset - 1);
  return node;
}

function listedBy(partition: Partition): Promise<readonly number[]> {
  const all = { offset: 0, nextOffset: partition.logEndOffset };
  return Promise.resolve(partition.abortedTransactions(all)).then((listed) =>
    listed.map(({ producerId }) => producerId),
  );
}

function overwrite({ disk }: TestEnv, byte: number): void {
  const list = present(disk.file(LIST), 'the segment has a list');
  list.write(0, Buffer.alloc(list.bytes, byte));
}

for (const byte of [0, 0x5a]) {
  test(`a list of bytes ${byte} is made anew before anybody believes it`, async () => {
    const first = await withAborted();
    await first.stop();
    const env = nextProcess(first.env, testEnv(2));
    overwrite(env, byte);
    const second = await localBroker(settings, ['data'], env);
    const found = await second.partition('a');
    for (const answer of await Promise.allSettled([listedBy(found), listedBy(found)])) {
      assert.equal(answer.status, 'rejected');
    }
    await settle();
    const expected = Array.from({ length: TRANSACTIONS }, (_, producerId) => producerId);
    assert.deepEqual(await listedBy(await second.partition('a')), expected);
    assert.deepEqual(loudLines(env), ['a partition stopped after a fault of its log']);
    await second.stop();
  });
}
