/**
 * Partitions of which records are deleted all the time, while their data directory loses its power at each disk call in turn, and its process dies there. What the partitions
 * knew of their producers is known afterwards, also of batches that nobody can read any more. Fails when invariant I6 does not hold.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { logId } from '../src/log/log.fixture.ts';
import { PRODUCE_VERSION, produced, settingsOf } from '../src/partition/partition.fixture.ts';
import { Partition } from '../src/partition/partition.ts';
import { SeededRandom } from './seeded-random.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';

/** Enough for the journal to be used. */
const PARTITIONS = 4;
const PRODUCERS = 3;
const ROUNDS = 6;
const REMEMBERED = 5;
const settings = settingsOf({ segmentBytes: 500, retentionBytes: 900, fileDeleteDelayMs: 0 });

interface Sent {
  readonly producerId: number;
  readonly baseSequence: number;
  readonly offset: number;
}

/** Every batch that may be in one partition, or may have been deleted from it. */
class History {
  #sent: readonly Sent[] = [];

  send(partition: Partition, producerId: number): void {
    const baseSequence = (this.#of(producerId).at(-1)?.baseSequence ?? -1) + 1;
    const result = partition.append(produced({ producerId, producerEpoch: 0, baseSequence }), PRODUCE_VERSION);
    assert.equal(result.kind === 'appended' && result.duplicate, false);
    this.#sent = [...this.#sent, { producerId, baseSequence, offset: partition.logEndOffset - 1 }];
  }

  /** What is lost was not acknowledged; what is there, or was deleted, is known when it is sent again. */
  check(partition: Partition): void {
    this.#sent = this.#sent.filter(({ offset }) => offset < partition.logEndOffset);
    const remembered = Array.from({ length: PRODUCERS }, (_, producerId) => this.#of(producerId).slice(-REMEMBERED));
    for (const { producerId, baseSequence, offset } of remembered.flat()) {
      const again = partition.append(produced({ producerId, producerEpoch: 0, baseSequence }), PRODUCE_VERSION);
      const place = again.kind === 'appended' ? again.baseOffset : 'refused';
      assert.equal(place, offset, `${baseSequence} of producer ${producerId} is at ${place} and was at ${offset}`);
    }
  }

  #of(producerId: number): readonly Sent[] {
    return this.#sent.filter((sent) => sent.producerId === producerId);
  }
}

type Histories = readonly History[];

function newHistories(): Histories {
  return Array.from({ length: PARTITIONS }, () => new History());
}

async function open(env: TestEnv, histories: Histories, leaderEpoch: number) {
  const options = { root: 'data', checkpointIntervalMs: () => 1_000, journalFileBytes: 2_000 };
  const engine = await LocalLogEngine.start({ env, ...options });
  const partitions: Partition[] = [];
  for (const [index, history] of histories.entries()) {
    const log = await engine.open(logId({ partition: index }), settings);
    const producerExpirationMs = () => Number.POSITIVE_INFINITY;
    const verifiesTransactions = () => false;
    const options = { env, log, settings, leaderEpoch, producerExpirationMs, verifiesTransactions };
    const partition = await Partition.open(options);
    history.check(partition);
    partitions.push(partition);
  }
  return { engine, partitions };
}

async function live(env: TestEnv, histories: Histories, { seed, leaderEpoch }: { seed: number; leaderEpoch: number }) {
  const random = new SeededRandom(seed);
  const { engine, partitions } = await open(env, histories, leaderEpoch);
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(
      partitions.map(async (partition, index) => {
        for (let count = random.below(4); count > 0; count -= 1)
          histories[index]?.send(partition, random.below(PRODUCERS));
        if (random.chance(0.6)) await partition.whenDurable(partition.logEndOffset - 1);
        if (random.chance(0.3)) await partition.applyRetention();
        const offset = random.chance(0.5) ? partition.highWatermark : random.below(partition.highWatermark + 1);
        if (random.chance(0.4)) await partition.deleteRecordsBefore(offset);
      }),
    );
  }
  if (random.chance(0.5)) return;
  for (const partition of partitions) await partition.stop('closed');
  await engine.close();
}

interface Death {
  readonly how: 'power' | 'killed';
  /** At which disk call, unless the work is done before. */
  readonly call: number;
}

async function dieOften(seed: number, deaths: readonly Death[]): Promise<void> {
  let env = testEnv(seed);
  const histories = newHistories();
  for (const [leaderEpoch, { how, call }] of deaths.entries()) {
    const { disk } = env;
    disk.judge = ({ sequence }) => {
      if (sequence === call && how === 'killed') disk.kill();
      return { kind: sequence === call && how === 'power' ? 'crash' : 'ok' };
    };
    await untilDeath(disk, live(env, histories, { seed: seed + leaderEpoch, leaderEpoch }));
    if (how === 'power' && !disk.crashed) disk.crash();
    env = nextProcess(env);
  }
  await open(env, histories, deaths.length);
}

test('a stop at any disk call, and one more in the next life, takes no producer along whose records are deleted', async () => {
  const whole = testEnv();
  await live(whole, newHistories(), { seed: 1, leaderEpoch: 0 });
  const calls = whole.disk.operations;
  assert.ok(calls > 200, `the life is long enough: ${calls} calls`);
  for (let call = 0; call < calls + 50; call += 1) {
    const deaths: readonly Death[] = [
      { how: call % 2 === 0 ? 'killed' : 'power', call },
      { how: call % 5 === 0 ? 'killed' : 'power', call: (call * 31) % calls },
    ];
    await dieOften(call, deaths).catch((cause: unknown) => {
      throw new Error(`seed ${call}: ${JSON.stringify(deaths)}`, { cause });
    });
  }
});
