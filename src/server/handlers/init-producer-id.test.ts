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

test('a coordinator has to be looked for first', async () => {
  const ask = await started();
  assert.deepEqual(await ask({ transactionalId: 'tx' }), [ErrorCode.NOT_COORDINATOR, -1, -1]);
});
