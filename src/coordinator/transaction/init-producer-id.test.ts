import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ID, TransactionFixture, told } from './testing/transaction-fixture.ts';

const FENCED = `error ${ErrorCode.PRODUCER_FENCED}`;
const CONCURRENT = `error ${ErrorCode.CONCURRENT_TRANSACTIONS}`;

test('each new producer of an id fences the one before', async () => {
  const fixture = new TransactionFixture();
  assert.equal(told(await fixture.init()), '1000:0');
  assert.equal(told(await fixture.init()), '1000:1');
  const zombie = { producerId: 1000, producerEpoch: 0 };
  assert.equal(await fixture.add(zombie), ErrorCode.PRODUCER_FENCED);
  assert.equal(await fixture.endKeeping(zombie), FENCED);
  assert.equal(await fixture.endBumping(zombie), FENCED);
  assert.equal(told(await fixture.init({ expected: zombie })), FENCED);
});

test('a producer goes on with the next epoch, and gets it again when it asks again, also after a restart', async () => {
  const fixture = new TransactionFixture();
  const expected = await fixture.producer();
  assert.equal(told(await fixture.init({ expected })), '1000:1');
  assert.equal(told(await fixture.init({ expected })), '1000:1');
  const restarted = fixture.restarted();
  assert.equal(told(await restarted.init({ expected })), '1000:1');
  assert.equal(told(await restarted.init({ expected: { producerId: 1000, producerEpoch: 1 } })), '1000:2');
  assert.equal(told(await restarted.init({ expected })), FENCED);
});

test('an id that nobody knows is new, whatever its producer believes', async () => {
  const fixture = new TransactionFixture();
  assert.equal(told(await fixture.init({ expected: { producerId: 5, producerEpoch: 3 } })), '1000:0');
  assert.equal(told(await fixture.init({ expected: { producerId: 5, producerEpoch: 3 } })), FENCED);
});

test('an open transaction is aborted first', async () => {
  const fixture = new TransactionFixture();
  await fixture.add(await fixture.producer());
  assert.equal(told(await fixture.init()), CONCURRENT);
  await fixture.carriedOut();
  assert.deepEqual(fixture.target.written, ['t-0 aborted 1000:1', 't-1 aborted 1000:1']);
  assert.equal(told(await fixture.init()), '1000:2');
});

test('a producer that aborts its own open transaction so gets the epoch of the abort', async () => {
  const fixture = new TransactionFixture();
  const expected = await fixture.producer();
  await fixture.add(expected);
  assert.equal(told(await fixture.init({ expected })), CONCURRENT);
  await fixture.carriedOut();
  assert.equal(told(await fixture.init({ expected })), '1000:1');
  assert.equal(told(await fixture.init({ expected })), '1000:1');
});

test('when the epochs have run out a new producer id takes over, and a retry is answered as before', async () => {
  const { fixture, producer: expected } = TransactionFixture.withLastEpoch();
  assert.equal(told(await fixture.init({ expected })), '1001:0');
  const restarted = fixture.restarted();
  assert.equal(told(await restarted.init({ expected })), '1001:0');
  assert.equal(told(await restarted.init()), '1001:1');
});

test('the last epoch of an id can be fenced too', async () => {
  const { fixture, producer: expected } = TransactionFixture.withLastEpoch();
  await fixture.add(expected);
  assert.equal(told(await fixture.init({ expected })), CONCURRENT);
  await fixture.carriedOut();
  assert.deepEqual(fixture.target.written, ['t-0 aborted 1000:32767', 't-1 aborted 1000:32767']);
  assert.equal(told(await fixture.init({ expected })), '1001:0');
  assert.equal(told(await fixture.init({ expected })), '1001:0');
});

test('timeouts that nobody may have, and the empty id, are refused', async () => {
  const fixture = new TransactionFixture();
  const invalid = `error ${ErrorCode.INVALID_TRANSACTION_TIMEOUT}`;
  for (const timeoutMs of [0, -1, 900_001]) assert.equal(told(await fixture.init({ timeoutMs })), invalid);
  assert.equal(told(await fixture.init({ transactionalId: '' })), `error ${ErrorCode.INVALID_REQUEST}`);
  assert.equal(await fixture.state(ID), `error ${ErrorCode.TRANSACTIONAL_ID_NOT_FOUND}`);
});
