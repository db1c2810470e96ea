import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts';
import { handlerFixture } from './handler-fixture.ts';
import { initProducerId } from './init-producer-id.ts';

async function started() {
  const { call } = await handlerFixture();
  return async (request: { transactionalId: string | null; producerId?: number; producerEpoch?: number }) => {
    const answer = await call(initProducerId, InitProducerId, 5, { transactionTimeoutMs: 60_000, ...request });
    return [answer.errorCode, answer.producerId, answer.producerEpoch];
  };
}

test('everybody gets an id of their own at epoch 0, whatever they had', async () => {
  const ask = await started();
  const first = await ask({ transactionalId: null });
  const second = await ask({ transactionalId: null, producerId: 7, producerEpoch: 3 });
  assert.deepEqual([first[0], first[2], second[0], second[2]], [ErrorCode.NONE, 0, ErrorCode.NONE, 0]);
  assert.notEqual(first[1], second[1]);
});

test('half an identity and an empty transactional id are invalid', async () => {
  const ask = await started();
  const refused = [ErrorCode.INVALID_REQUEST, -1, -1];
  assert.deepEqual(await ask({ transactionalId: null, producerId: 7 }), refused);
  assert.deepEqual(await ask({ transactionalId: null, producerEpoch: 3 }), refused);
  assert.deepEqual(await ask({ transactionalId: '' }), refused);
});

test('a transactional id is served where its coordinator is', async () => {
  const { broker, call } = await handlerFixture();
  const ask = async (version: number) => {
    const request = { transactionalId: 'tx', transactionTimeoutMs: 60_000 };
    const { errorCode, producerEpoch } = await call(initProducerId, InitProducerId, version, request);
    return [errorCode, producerEpoch];
  };
  assert.deepEqual(await ask(5), [ErrorCode.NOT_COORDINATOR, -1]);
  await broker.metadata.ensureTopic('__transaction_state');
  assert.deepEqual(await ask(5), [ErrorCode.NONE, 0]);
  assert.deepEqual(await ask(0), [ErrorCode.NONE, 1]);
});

test('clients that do not know PRODUCER_FENCED are told of an invalid epoch', async () => {
  const { broker, call } = await handlerFixture();
  await broker.metadata.ensureTopic('__transaction_state');
  const ask = (version: number, producerId: number) =>
    call(initProducerId, InitProducerId, version, {
      transactionalId: 'tx',
      transactionTimeoutMs: 60_000,
      producerId,
      producerEpoch: producerId === -1 ? -1 : 9,
    });
  const { producerId } = await ask(4, -1);
  assert.equal((await ask(3, producerId)).errorCode, ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal((await ask(4, producerId)).errorCode, ErrorCode.PRODUCER_FENCED);
});
