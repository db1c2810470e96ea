import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { T0, TransactionFixture, told } from './testing/transaction-fixture.ts';

const INVALID_STATE = `error ${ErrorCode.INVALID_TXN_STATE}`;
const CONCURRENT = `error ${ErrorCode.CONCURRENT_TRANSACTIONS}`;
const FENCED = `error ${ErrorCode.PRODUCER_FENCED}`;
const UNKNOWN = `error ${ErrorCode.INVALID_PRODUCER_ID_MAPPING}`;

for (const isCommit of [true, false]) {
  const outcome = isCommit ? 'committed' : 'aborted';
  const complete = isCommit ? 'CompleteCommit' : 'CompleteAbort';

  test(`a transaction is ${outcome} on all its partitions in its epoch, and a retry is told the same`, async () => {
    const fixture = new TransactionFixture();
    const producer = await fixture.producer();
    await fixture.add(producer, undefined, 0);
    assert.equal(await fixture.endKeeping(producer, isCommit), '1000:0');
    await fixture.carriedOut();
    assert.deepEqual(fixture.target.written, [`t-0 ${outcome} 1000:0`, `t-1 ${outcome} 1000:0`]);
    assert.equal(await fixture.state(), `${complete} 1000:0`);
    assert.equal(await fixture.endKeeping(producer, isCommit), '1000:0');
    assert.equal(await fixture.endKeeping(producer, !isCommit), INVALID_STATE);
    assert.equal(await fixture.restarted().endKeeping(producer, isCommit), '1000:0');
  });

  test(`under transactions v2 the epoch rises when it is ${outcome}, and a retry is told the same`, async () => {
    const fixture = new TransactionFixture();
    const producer = await fixture.producer();
    await fixture.add(producer);
    assert.equal(await fixture.endBumping(producer, isCommit), '1000:1');
    await fixture.carriedOut();
    assert.deepEqual(fixture.target.written, [`t-0 ${outcome} 1000:1`, `t-1 ${outcome} 1000:1`]);
    assert.equal(await fixture.endBumping(producer, isCommit), '1000:1');
    assert.equal(await fixture.endBumping(producer, !isCommit), INVALID_STATE);
    assert.equal(await fixture.restarted().endBumping(producer, isCommit), '1000:1');
    assert.equal(await fixture.add(producer), ErrorCode.PRODUCER_FENCED);
    assert.equal(await fixture.add({ ...producer, producerEpoch: 1 }), ErrorCode.NONE);
    assert.equal(await fixture.endBumping(producer, isCommit), FENCED);
  });
}

test('while the markers are being written the producer has to wait', async () => {
  const fixture = new TransactionFixture();
  const written = Promise.withResolvers<ErrorCode>();
  fixture.target.answer = () => written.promise;
  const producer = await fixture.producer();
  await fixture.add(producer);
  assert.equal(await fixture.endBumping(producer), '1000:1');
  const next = { ...producer, producerEpoch: 1 };
  assert.equal(await fixture.add(next), ErrorCode.CONCURRENT_TRANSACTIONS);
  assert.equal(told(await fixture.init()), CONCURRENT);
  assert.equal(await fixture.endBumping(producer), CONCURRENT);
  assert.equal(await fixture.endBumping(producer, false), INVALID_STATE);
  written.resolve(ErrorCode.NONE);
  await fixture.carriedOut();
  assert.equal(await fixture.add(next), ErrorCode.NONE);
});

test('nothing can be committed that was not begun; an abort raises the epoch all the same under v2', async () => {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer();
  assert.equal(await fixture.endKeeping(producer), INVALID_STATE);
  assert.equal(await fixture.endKeeping(producer, false), INVALID_STATE);
  assert.equal(await fixture.endBumping(producer), INVALID_STATE);
  assert.equal(await fixture.endBumping(producer, false), '1000:1');
  await fixture.carriedOut();
  assert.equal(await fixture.state(), 'CompleteAbort 1000:1');
});

test('a stranger cannot end it', async () => {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer();
  await fixture.add(producer);
  assert.equal(await fixture.endBumping({ ...producer, producerId: 7 }), UNKNOWN);
  assert.equal(await fixture.endKeeping({ ...producer, producerId: 7 }), UNKNOWN);
  assert.equal(await fixture.endBumping({ ...producer, producerEpoch: 5 }), FENCED);
  assert.equal(await fixture.endKeeping({ ...producer, producerEpoch: 5 }), FENCED);
});

test('when the epochs have run out the producer goes on with a new id, also after a lost reply', async () => {
  const { fixture, producer } = TransactionFixture.withLastEpoch();
  await fixture.add(producer, [T0]);
  assert.equal(await fixture.endBumping(producer), '1001:0');
  await fixture.carriedOut();
  assert.deepEqual(fixture.target.written, ['t-0 committed 1000:32767']);
  assert.equal(await fixture.endBumping(producer), '1001:0');
  const restarted = fixture.restarted();
  assert.equal(await restarted.endBumping(producer), '1001:0');
  assert.equal(await restarted.add({ producerId: 1001, producerEpoch: 0 }), ErrorCode.NONE);
});
