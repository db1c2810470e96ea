import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { T0, TransactionFixture, told } from './testing/transaction-fixture.ts';

test('a transaction that takes too long is aborted and its producer fenced', async () => {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer({ timeoutMs: 30_000 });
  await fixture.add(producer, [T0], 0);
  await fixture.env.clock.advance(30_000);
  assert.equal(await fixture.state(), 'Ongoing 1000:0');
  await fixture.env.clock.advance(10_000);
  assert.equal(await fixture.state(), 'CompleteAbort 1000:1');
  assert.deepEqual(fixture.target.written, ['t-0 aborted 1000:1']);
  assert.equal(await fixture.add(producer), ErrorCode.PRODUCER_FENCED);
  assert.equal(await fixture.endKeeping(producer), `error ${ErrorCode.PRODUCER_FENCED}`);
  // A client of v2 learns the epoch that it may go on with.
  assert.equal(await fixture.endBumping(producer), `error ${ErrorCode.INVALID_TXN_STATE}`);
  assert.equal(await fixture.endBumping(producer, false), '1000:1');
  assert.equal(told(await fixture.init({ expected: producer })), '1000:1');
});

test('a transaction times out after a restart although nobody asks for it', async () => {
  const fixture = new TransactionFixture();
  await fixture.add(await fixture.producer({ timeoutMs: 30_000 }), [T0]);
  await fixture.stop();
  const restarted = fixture.restarted();
  await restarted.env.clock.advance(40_001);
  assert.deepEqual(restarted.target.written, ['t-0 aborted 1000:1']);
});

test('an id is forgotten after a week of silence, unless its transaction is open', async () => {
  const fixture = new TransactionFixture();
  await fixture.producer();
  await fixture.init({ transactionalId: 'silent' });
  fixture.settings.maxTimeoutMs = 2 ** 31 - 1;
  const busy = await fixture.coordinator.initProducerId({
    transactionalId: 'busy',
    timeoutMs: 2 ** 31 - 1,
    expected: undefined,
  });
  assert.equal(busy.kind, 'initialized');
  if (busy.kind !== 'initialized') return;
  const { producerId, producerEpoch } = busy;
  await fixture.coordinator.addPartitions({
    transactionalId: 'busy',
    producerId,
    producerEpoch,
    partitions: [T0],
    clientVersion: 2,
  });
  await fixture.env.clock.advance(6 * 24 * 3_600_000);
  await fixture.init();
  await fixture.env.clock.advance(2 * 24 * 3_600_000);
  assert.equal(await fixture.state('silent'), `error ${ErrorCode.TRANSACTIONAL_ID_NOT_FOUND}`);
  assert.equal(await fixture.state(), 'Empty 1000:1');
  assert.match(await fixture.state('busy'), /^Ongoing/);
  const restarted = fixture.restarted();
  assert.equal(await restarted.state('silent'), `error ${ErrorCode.TRANSACTIONAL_ID_NOT_FOUND}`);
});
