import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { endAndBump } from './end-and-bump.ts';
import type { EndReply } from './end-reply.ts';
import { EPOCH_BUMP_VERSION, NO_EPOCH, NO_PRODUCER_ID } from './transaction.ts';
import { TransactionState, type TransactionTurn } from './transaction-state.ts';

/** The state of one transactional id with an open transaction, whose decisions nobody carries out. */
class Fixture {
  readonly #state = new TransactionState({ carryOut() {} });
  readonly #turn: TransactionTurn = {
    nowMs: 0,
    monotonicMs: 0,
    append: (record) => this.#state.apply(record),
    reply() {},
    wakeAt() {},
  };

  constructor() {
    this.#state.begin(this.#turn, {
      transactionalId: 'tx',
      status: 'Ongoing',
      producerId: 7,
      producerEpoch: 0,
      lastProducerEpoch: NO_EPOCH,
      previousProducerId: NO_PRODUCER_ID,
      nextProducerId: NO_PRODUCER_ID,
      timeoutMs: 1,
      partitions: new Map([['t', new Set([0])]]),
      startMs: 0,
      updateMs: 0,
      clientVersion: EPOCH_BUMP_VERSION,
    });
  }

  end(producerEpoch: number, isCommit: boolean): EndReply {
    return endAndBump(this.#state, this.#turn, {
      transactionalId: 'tx',
      producerId: 7,
      producerEpoch,
      isCommit,
      clientVersion: EPOCH_BUMP_VERSION,
      freshProducerId: undefined,
    });
  }
}

test('a producer that ends its next transaction before the markers of the last one are written is told to wait', () => {
  const fixture = new Fixture();
  assert.deepEqual(fixture.end(0, true), { kind: 'ended', producerId: 7, producerEpoch: 1 });
  for (const isCommit of [true, false]) {
    assert.deepEqual(fixture.end(1, isCommit), { kind: 'refused', error: ErrorCode.CONCURRENT_TRANSACTIONS });
  }
});

test('while the markers are written, a retry with the other end is refused', () => {
  const fixture = new Fixture();
  fixture.end(0, true);
  assert.deepEqual(fixture.end(0, true), { kind: 'refused', error: ErrorCode.CONCURRENT_TRANSACTIONS });
  assert.deepEqual(fixture.end(0, false), { kind: 'refused', error: ErrorCode.INVALID_TXN_STATE });
});
