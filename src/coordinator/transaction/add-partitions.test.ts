import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../base/limits.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ID, T0, T1, TransactionFixture } from './testing/transaction-fixture.ts';

test('partitions are added once, and what is there already costs no record', async () => {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer();
  assert.equal(await fixture.add(producer, [T0]), ErrorCode.NONE);
  const { logEndOffset } = fixture.log;
  assert.equal(await fixture.add(producer, [T0]), ErrorCode.NONE);
  assert.equal(fixture.log.logEndOffset, logEndOffset);
  assert.equal(await fixture.add(producer, [T0, T1]), ErrorCode.NONE);
  assert.equal(await fixture.endBumping(producer), '1000:1');
  await fixture.carriedOut();
  assert.equal(fixture.target.written.length, 2);
});

test('only partitions of the open transaction pass the verification', async () => {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer();
  const verify = (more: object = {}) =>
    fixture.coordinator.admit({ transactionalId: ID, ...producer, partitions: [T0, T1], mode: 'verify', ...more });
  const abortable = ErrorCode.TRANSACTION_ABORTABLE;
  assert.deepEqual(await verify(), [abortable, abortable]);
  await fixture.add(producer, [T1], 0);
  assert.deepEqual(await verify(), [abortable, ErrorCode.NONE]);
  const unknown = ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  assert.deepEqual(await verify({ producerId: 7 }), [unknown, unknown]);
  assert.deepEqual(await verify({ transactionalId: 'nobody' }), [unknown, unknown]);
  assert.deepEqual(await verify({ producerEpoch: 1 }), [ErrorCode.PRODUCER_FENCED, ErrorCode.PRODUCER_FENCED]);
  await fixture.endKeeping(producer);
  await fixture.carriedOut();
  assert.deepEqual(await verify(), [abortable, abortable]);
});

test('who writes under v2 adds the partition by that, and is answered when it is durable', async () => {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer();
  fixture.log.isFast = false;
  const admitted = fixture.coordinator.admit({ transactionalId: ID, ...producer, partitions: [T0, T1], mode: 'add' });
  await fixture.carriedOut();
  assert.equal(await Promise.race([admitted, Promise.resolve('waiting')]), 'waiting');
  fixture.log.sync();
  assert.deepEqual(await admitted, [ErrorCode.NONE, ErrorCode.NONE]);
});

test('a transaction cannot have partitions without bound', async () => {
  const fixture = new TransactionFixture();
  const producer = await fixture.producer();
  const many = Array.from({ length: limits.partitionsPerTransaction }, (_, partition) => ({ topic: 't', partition }));
  assert.equal(await fixture.add(producer, many), ErrorCode.NONE);
  assert.equal(await fixture.add(producer, [{ topic: 'u', partition: 0 }]), ErrorCode.POLICY_VIOLATION);
});
