/** Replaying the log rebuilds the state (invariant I9): random histories, and after every few steps a coordinator that has nothing but the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../sim/seeded-random.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { ProducerIdentity } from './init-producer-id.ts';
import { FakeTarget, TransactionFixture } from './testing/transaction-fixture.ts';

const IDS = ['a', 'b', 'c'];
const STEPS = 300;
const SEEDS = 10;

/** A few producers, some of them zombies, that do what they like. */
class History {
  readonly live = new TransactionFixture();
  readonly #random: SeededRandom;
  /** Everybody who ever was a producer of an id. */
  readonly #producers = new Map<string, ProducerIdentity[]>(
    IDS.map((id) => [id, [{ producerId: 7, producerEpoch: 3 }]]),
  );

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.live.settings.idExpirationMs = 3_600_000;
    this.live.target.answer = () => (this.#random.chance(0.3) ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE);
  }

  async step(): Promise<void> {
    const transactionalId = this.#pick(IDS);
    const producer = this.#pick(this.#producers.get(transactionalId)?.slice(-3) ?? []);
    const { coordinator, env } = this.live;
    const clientVersion = this.#pick([0, 2]);
    const dice = this.#random.below(20);
    if (dice <= 3) await this.#init(transactionalId, this.#random.chance(0.5) ? producer : undefined);
    else if (dice <= 11) {
      const partitions = [{ topic: this.#pick(['t', 'u']), partition: this.#random.below(3) }];
      await coordinator.addPartitions({ transactionalId, ...producer, partitions, clientVersion });
    } else if (dice <= 17) await this.#end(transactionalId, producer, clientVersion);
    else await env.clock.advance(this.#pick([10, 1_000, 60_000, 3_600_000]));
    await settle(3);
  }

  async #init(transactionalId: string, expected: ProducerIdentity | undefined): Promise<void> {
    const reply = await this.live.coordinator.initProducerId({ transactionalId, timeoutMs: 60_000, expected });
    if (reply.kind === 'initialized') this.#producers.get(transactionalId)?.push(reply);
  }

  async #end(transactionalId: string, producer: ProducerIdentity, clientVersion: number): Promise<void> {
    const isCommit = this.#random.chance(0.5);
    const reply = await this.live.coordinator.endTransaction({ transactionalId, ...producer, isCommit, clientVersion });
    if (reply.kind === 'ended') this.#producers.get(transactionalId)?.push(reply);
  }

  #pick<T>(choices: readonly T[]): T {
    const choice = choices[this.#random.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  }
}

/** Everything that the coordinator knows, which is more than what clients are told. */
async function knownBy(fixture: TransactionFixture) {
  const all = { statuses: undefined, producerIds: undefined, durationMs: -1, matchesId: () => true };
  const transactions = await fixture.coordinator.list(all);
  assert.ok(typeof transactions !== 'number');
  return transactions.toSorted((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1));
}

test('a replay of the log knows what the live coordinator knows, whatever has happened', async () => {
  const met = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const history = new History(seed);
    for (let step = 0; step < STEPS; step += 1) {
      await history.step();
      if (step % 5 !== 0) continue;
      // It must not carry anything out: then it would write to the log that the other writes to.
      const target = new FakeTarget();
      target.answer = () => ErrorCode.KAFKA_STORAGE_ERROR;
      const replayed = new TransactionFixture({ log: history.live.log, target });
      const known = await knownBy(history.live);
      assert.deepEqual(await knownBy(replayed), known);
      for (const { status } of known) met.add(status);
      await replayed.stop();
    }
    await history.live.stop();
  }
  // Else the histories would be too tame to prove anything.
  assert.deepEqual([...met].toSorted(), [
    'CompleteAbort',
    'CompleteCommit',
    'Empty',
    'Ongoing',
    'PrepareAbort',
    'PrepareCommit',
  ]);
});
