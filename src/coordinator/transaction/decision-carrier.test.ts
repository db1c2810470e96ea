/** A decision is carried out to its end, whatever happens in between (invariant I18). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { limits } from '../../base/limits.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { FakeLog } from '../testing/fake-log.ts';
import { ID, TransactionFixture } from './testing/transaction-fixture.ts';

const BOTH = ['t-0 committed 1000:1', 't-1 committed 1000:1'];

/** A transaction of two partitions that is about to end. */
async function open() {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer();
  await fixture.add(producer);
  return { fixture, producer };
}

test('no marker is written before the decision is durable', async () => {
  const { fixture, producer } = await open();
  fixture.log.isFast = false;
  const ended = fixture.endBumping(producer);
  await settle();
  assert.deepEqual(fixture.target.written, []);
  fixture.log.sync();
  await ended;
  await settle();
  assert.deepEqual(fixture.target.written, BOTH);
});

test('a decision that could not be written has no markers, and the transaction goes on', async () => {
  const { fixture, producer } = await open();
  fixture.log.refuses = true;
  assert.equal(await fixture.endBumping(producer), `error ${ErrorCode.NOT_COORDINATOR}`);
  fixture.log.refuses = false;
  await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
  assert.deepEqual(fixture.target.written, []);
  assert.equal(await fixture.endBumping(producer), '1000:1');
  await settle();
  assert.deepEqual(fixture.target.written, BOTH);
});

test('a partition that cannot be written is tried again, and nothing is complete before', async () => {
  const { fixture, producer } = await open();
  fixture.target.answer = ({ partition }) => (partition === 1 ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE);
  await fixture.endBumping(producer);
  await fixture.env.clock.advance(10 * limits.markerRetryPauseMs);
  assert.deepEqual(fixture.target.written, BOTH.slice(0, 1));
  assert.equal(await fixture.state(), 'PrepareCommit 1000:1');
  fixture.target.answer = () => ErrorCode.NONE;
  await fixture.env.clock.advance(limits.markerRetryPauseMs);
  assert.deepEqual(fixture.target.written, BOTH);
  assert.equal(await fixture.state(), 'CompleteCommit 1000:1');
});

test('a deleted topic, and a marker that somebody wrote by hand, do not hold it up', async () => {
  for (const error of [
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.INVALID_PRODUCER_EPOCH,
    ErrorCode.TRANSACTION_COORDINATOR_FENCED,
  ]) {
    const { fixture, producer } = await open();
    fixture.target.answer = ({ partition }) => (partition === 1 ? error : ErrorCode.NONE);
    await fixture.endBumping(producer);
    await settle();
    assert.equal(await fixture.state(), 'CompleteCommit 1000:1');
  }
});

test('a completion that could not be written is written after the state was loaded again', async () => {
  const { fixture, producer } = await open();
  let isFirst = true;
  fixture.target.answer = () => {
    if (isFirst) fixture.log.refuses = true;
    isFirst = false;
    return ErrorCode.NONE;
  };
  await fixture.endBumping(producer);
  await settle();
  fixture.log.refuses = false;
  await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
  assert.equal(await fixture.state(), 'CompleteCommit 1000:1');
});

test('a state that is loaded again does not have the same markers written twice at once', async () => {
  const { fixture, producer } = await open();
  const written = Promise.withResolvers<ErrorCode>();
  let asked = 0;
  fixture.target.answer = () => {
    asked += 1;
    return written.promise;
  };
  await fixture.endBumping(producer);
  await settle();
  fixture.coordinator.onLeaderChange(0);
  await settle();
  assert.equal(asked, 2);
  written.resolve(ErrorCode.NONE);
  await settle();
  assert.equal(await fixture.state(), 'CompleteCommit 1000:1');
});

test('a bug on the way to a partition does not leave the transaction open for ever', async () => {
  const { fixture, producer } = await open();
  fixture.target.answer = async () => {
    throw new Error('a bug');
  };
  await fixture.endBumping(producer);
  await settle();
  fixture.target.answer = () => ErrorCode.NONE;
  await fixture.env.clock.advance(limits.markerRetryPauseMs);
  assert.equal(await fixture.state(), 'CompleteCommit 1000:1');
});

test('who does not coordinate it any more writes no further marker', async () => {
  const { fixture, producer } = await open();
  fixture.target.answer = () => ErrorCode.NOT_LEADER_OR_FOLLOWER;
  await fixture.endBumping(producer);
  await settle();
  fixture.leads = false;
  fixture.target.answer = () => ErrorCode.NONE;
  await fixture.env.clock.advance(10 * limits.markerRetryPauseMs);
  assert.deepEqual(fixture.target.written, []);
});

test('who loses the coordination and gets it back writes what it has left out before it completes', async () => {
  const { fixture, producer } = await open();
  const first = Promise.withResolvers<ErrorCode>();
  fixture.target.answer = ({ partition }) => (partition === 0 ? first.promise : ErrorCode.NOT_LEADER_OR_FOLLOWER);
  await fixture.endBumping(producer);
  await settle();
  fixture.leads = false;
  fixture.coordinator.onLeaderChange(0);
  await fixture.env.clock.advance(limits.markerRetryPauseMs);
  fixture.leads = true;
  fixture.coordinator.onLeaderChange(0);
  await settle();
  fixture.target.answer = () => ErrorCode.NONE;
  first.resolve(ErrorCode.NONE);
  await settle();
  assert.deepEqual(fixture.target.written, ['t-0 committed 1000:1', ...BOTH]);
  assert.equal(await fixture.state(), 'CompleteCommit 1000:1');
});

test('a stop in the middle ends at once, and the next start carries the decision on', async () => {
  const { fixture, producer } = await open();
  fixture.target.answer = ({ partition }) => (partition === 1 ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE);
  await fixture.endBumping(producer);
  await settle();
  await fixture.stop();
  fixture.target.answer = () => ErrorCode.NONE;
  const restarted = fixture.restarted();
  await settle();
  // The first partition has its marker twice, which does no harm.
  assert.deepEqual(fixture.target.written, ['t-0 committed 1000:1', ...BOTH]);
  assert.equal(await restarted.state(), 'CompleteCommit 1000:1');
});

for (const isCommit of [true, false]) {
  test(`after a crash behind any record of a transaction that is ${isCommit ? 'committed' : 'aborted'}, all partitions end the same way`, async () => {
    const whole = new TransactionFixture();
    const producer = await whole.producer({ timeoutMs: 30_000 });
    await whole.add(producer);
    await whole.endBumping(producer, isCommit);
    await settle();
    const { batches } = whole.log;
    assert.equal(batches.length, 4);
    const outcomes = [];
    for (let kept = 1; kept <= batches.length; kept += 1) {
      const log = new FakeLog();
      for (const batch of batches.slice(0, kept)) log.write(batch.slice());
      const restarted = new TransactionFixture({ log });
      restarted.coordinator.start();
      await restarted.env.clock.advance(60_000);
      outcomes.push([...restarted.target.written, await restarted.state()]);
    }
    const markers = (outcome: string) => [`t-0 ${outcome} 1000:1`, `t-1 ${outcome} 1000:1`];
    const end = isCommit ? 'CompleteCommit 1000:1' : 'CompleteAbort 1000:1';
    assert.deepEqual(outcomes, [
      ['Empty 1000:0'],
      [...markers('aborted'), 'CompleteAbort 1000:1'],
      [...markers(isCommit ? 'committed' : 'aborted'), end],
      [end],
    ]);
  });
}

test('who waits for the completion is told once, when the next transaction may begin', async () => {
  const { fixture, producer } = await open();
  const told: string[] = [];
  const listen = (name: string) => fixture.coordinator.onCompleted(ID, () => told.push(name));
  listen('too early: nothing is being ended');
  fixture.target.answer = () => ErrorCode.KAFKA_STORAGE_ERROR;
  await fixture.endBumping(producer);
  listen('waits');
  listen('has lost interest')();
  await settle();
  assert.deepEqual(told, []);
  fixture.target.answer = () => ErrorCode.NONE;
  await fixture.env.clock.advance(limits.markerRetryPauseMs);
  assert.deepEqual(told, ['waits']);
  assert.equal(await fixture.state(), 'CompleteCommit 1000:1');
});

test('who waits for the completion is told when this broker coordinates the id no more', async () => {
  const { fixture, producer } = await open();
  let told = 0;
  fixture.target.answer = () => ErrorCode.KAFKA_STORAGE_ERROR;
  await fixture.endBumping(producer);
  fixture.coordinator.onCompleted(ID, () => (told += 1));
  fixture.leads = false;
  await fixture.env.clock.advance(limits.markerRetryPauseMs);
  assert.equal(told, 1);
});
