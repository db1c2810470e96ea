/**
 * One seeded world of transactions: a broker with several lives, applications of both versions of transactions with zombies, lost replies, time-outs and aborts, chains that
 * read, transform and write, and topics that are compacted or forget meanwhile. When nothing fails any more, readers of committed records must find every transaction whole or not
 * at all, and nothing may hang. The same seed gives the same world.
 */
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from '../src/metadata/topic-name.ts';
import { ErrorCode } from '../src/protocol/error-code.ts';
import { FindCoordinator } from '../src/protocol/messages/find-coordinator.ts';
import { IncrementalAlterConfigs } from '../src/protocol/messages/incremental-alter-configs.ts';
import { Answers } from './checkers/answers.ts';
import {
  type FoundRecord,
  idOf,
  keyOf,
  type Outcome,
  type SimTransaction,
  TransactionTruth,
} from './checkers/transaction-truth.ts';
import { Client } from './clients/client.ts';
import type { CommittedRecord, PartitionPlace } from './clients/read-committed.ts';
import type { SeededRandom } from './seeded-random.ts';
import { type Simulation, SimulationFailure } from './simulate.ts';
import { Chain, checkChain, committedOffset } from './workloads/chain.ts';
import { latest, readAllCommitted, readCommittedForEver } from './workloads/committed-reader.ts';
import { type Backup, Keeper } from './workloads/keeper.ts';
import { moveAll } from './workloads/mover.ts';
import { createTopic, partitionsOf, type SimTopic, type TopicPlan } from './workloads/topics.ts';
import { Transactor, type TransactorPlan } from './workloads/transactor.ts';
import { Lives } from './world/lives.ts';
import type { MoodName } from './world/mood.ts';
import { checkBackups } from './world/restored.ts';
import { violated, World } from './world/world.ts';

const LIVES = 3;
const TOPIC_RESOURCE = 2;
const SET = 0;
const TRANSACTION_TIMEOUT_MS = 2_500;
/** Partitions from which old records go. */
const forgetful: ReadonlySet<string> = new Set(['fading-0']);
/** What was left behind has timed out by then. */
const PATIENCE_MS = 20_000;

export interface TransactionSimulation extends Simulation {
  /** How many were committed. */
  readonly transactions: number;
}

/** Rejects with what was violated, and the end of the trace. */
export async function simulateTransactions(seed: number, mood: MoodName = 'common'): Promise<TransactionSimulation> {
  const world = new World(seed, brokerSettings, mood);
  const plan = new TransactionPlan(world);
  try {
    await world.run(() => plan.run());
  } catch (error) {
    throw new SimulationFailure(seed, world.trace.lines, error, `--transactions --mood ${mood}`);
  }
  const { ends, committedCount: transactions, backups } = plan;
  return { trace: world.trace.lines, ends, steps: world.schedule.steps, transactions, backups };
}

function brokerSettings(random: SeededRandom): Readonly<Record<string, string>> {
  return {
    'auto.create.topics.enable': 'false',
    'log.initial.task.delay.ms': '300',
    'log.retention.check.interval.ms': '800',
    'log.flush.offset.checkpoint.interval.ms': String(random.between(50, 2_000)),
    'log.segment.delete.delay.ms': random.chance(0.5) ? '0' : '1000',
    'log.cleaner.backoff.ms': '200',
    'log.cleaner.min.cleanable.ratio': '0.01',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '2',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  };
}

class TransactionPlan {
  readonly #world: World;
  readonly #answers: Answers;
  readonly #lives: Lives;
  readonly #truth = new TransactionTruth();
  readonly #keeper: Keeper<ReadonlyMap<SimTransaction, Outcome>>;
  #topics: readonly SimTopic[] = [];
  backups = 0;

  constructor(world: World) {
    this.#world = world;
    this.#answers = new Answers(world.schedule);
    this.#keeper = new Keeper(world, () => this.#truth.outcomes());
    // Everything here is acknowledged when it is durable: no death takes any of it back.
    this.#lives = new Lives(world, this.#answers, (death) => {
      if (death === 'power') this.#keeper.powerLost();
    });
  }

  get ends(): readonly string[] {
    return this.#lives.ends;
  }

  get committedCount(): number {
    return this.#truth.committedCount;
  }

  async run(): Promise<void> {
    await this.#lives.bootAtLast();
    this.#topics = await this.#createTopics();
    this.#startReaders();
    this.#startTransactors();
    this.#startChains();
    if (this.#world.mood.isBackedUp) this.#world.start(() => this.#keeper.run());
    if (this.#world.machine.dataDirs.length > 1) this.#startMoves();
    for (let life = 1; life < LIVES; life += 1) {
      await this.#lives.live();
      await this.#lives.bootAtLast();
    }
    await this.#lives.live();
    await this.#settle();
  }

  #startMoves(): void {
    const movable = [
      ...partitionsOf(this.#topics).map(({ topic, index }) => ({ topic: topic.name, partition: index })),
      ...[CONSUMER_OFFSETS, TRANSACTION_STATE].flatMap((topic) => [0, 1].map((partition) => ({ topic, partition }))),
    ];
    const mover = this.#client('mover');
    this.#world.start(() => moveAll(this.#world, mover, movable));
  }

  #client(name: string): Client {
    return new Client(name, this.#world, this.#answers);
  }

  async #createTopics(): Promise<readonly SimTopic[]> {
    const admin = this.#client('admin');
    const topics: SimTopic[] = [];
    for (const plan of topicPlans(this.#world.random)) topics.push(await createTopic(admin, plan));
    await this.#makeInternalTopics(admin);
    return topics;
  }

  /** With segments so small that coordinators' logs are compacted, too. */
  async #makeInternalTopics(admin: Client): Promise<void> {
    for (const [keyType, resourceName] of [CONSUMER_OFFSETS, TRANSACTION_STATE].entries()) {
      const configs = [{ name: 'internal.segment.bytes', configOperation: SET, value: '4000' }];
      const resources = [{ resourceType: TOPIC_RESOURCE, resourceName, configs }];
      for (let isSet = false; !isSet; ) {
        await admin.request(FindCoordinator, 4, { keyType, coordinatorKeys: ['any'] });
        const answer = await admin.request(IncrementalAlterConfigs, 1, { resources });
        isSet = answer?.responses[0]?.errorCode === ErrorCode.NONE;
      }
    }
  }

  #places(): readonly { readonly topic: string; readonly place: PartitionPlace }[] {
    return partitionsOf(this.#topics).map(({ topic, index }) => ({
      topic: topic.name,
      place: { topicId: topic.id, index, name: `${topic.name}-${index}` },
    }));
  }

  #startReaders(): void {
    for (const { place } of this.#places()) {
      const reader = this.#client(`r-${place.name}`);
      this.#world.start(() => readCommittedForEver(this.#world, reader, { place, truth: this.#truth }));
    }
  }

  #startTransactors(): void {
    const [kept, compacted, source] = [ofTopics('kept', 'fading'), ofTopics('compacted', 'kept'), ofTopics('source')];
    this.#startTransactor('a', { transactionalId: 'one', partitions: this.#partitions(kept) });
    this.#startTransactor('zombie', { transactionalId: 'one', partitions: this.#partitions(kept) });
    this.#startTransactor('b', {
      transactionalId: 'two',
      partitions: this.#partitions(compacted),
      keyedTopic: 'compacted',
    });
    this.#startTransactor('feeder', { transactionalId: 'three', partitions: this.#partitions(source) });
  }

  #partitions(isWanted: (topic: string) => boolean): readonly { topic: string; index: number }[] {
    return this.#places()
      .filter(({ topic }) => isWanted(topic))
      .map(({ topic, place }) => ({ topic, index: place.index }));
  }

  #startTransactor(name: string, plan: Omit<TransactorPlan, 'timeoutMs'>): void {
    const transactor = new Transactor(this.#world, this.#client(name), {
      plan: { ...plan, timeoutMs: TRANSACTION_TIMEOUT_MS },
      truth: this.#truth,
    });
    this.#world.start(() => transactor.run());
  }

  /** Two instances for each partition of the source. */
  #startChains(): void {
    for (const { topic, place } of this.#places()) {
      if (topic !== 'source') continue;
      for (const name of [`chain-${place.index}`, `twin-${place.index}`]) {
        const chain = new Chain(this.#world, this.#client(name), {
          plan: {
            transactionalId: `chain-${place.index}`,
            timeoutMs: TRANSACTION_TIMEOUT_MS,
            sourceTopic: 'source',
            source: place,
            targetTopic: 'target',
          },
          truth: this.#truth,
        });
        this.#world.start(() => chain.run());
      }
    }
  }

  /** Nothing fails any more: everybody finishes, what was left behind times out, and what can be read is what was promised, also after one more start. */
  async #settle(): Promise<void> {
    await this.#lives.drain();
    await this.#waitForStability();
    const before = await this.#checkAll('at the end');
    for (const end of ['a clean stop', 'a kill', 'a power loss']) {
      await this.#restartAfter(end);
      const after = await this.#checkAll(`after ${end}`);
      for (const [partition, records] of before) {
        if (!isSame(records, after.get(partition) ?? [], forgetful.has(partition)))
          violated(`${partition}: after ${end} other records can be read than before`);
      }
    }
    await this.#world.machine.stop();
    if (this.#world.mood.isBackedUp) {
      this.backups = await checkBackups(this.#world, this.#keeper, (backup) => this.#checkRestored(backup));
    }
  }

  /** What was open when the backup was made has timed out long since. */
  async #checkRestored({ target, before, after }: Backup<ReadonlyMap<SimTransaction, Outcome>>): Promise<void> {
    await this.#waitForStability();
    const client = this.#client(target);
    const records = await this.#readAll(client);
    this.#truth.checkRestored(withIds(records), forgetful, { before, after });
    await this.#checkChains(client, records);
    client.close();
  }

  /** No transaction may hold back a partition for ever. */
  async #waitForStability(): Promise<void> {
    const client = this.#client('patience');
    const untilMs = this.#world.schedule.monotonicMs() + PATIENCE_MS;
    for (const { topic, place } of this.#places()) {
      for (;;) {
        const stable = await latest(client, topic, place.index, 'committed');
        const end = await latest(client, topic, place.index, 'uncommitted');
        if (stable === end) break;
        if (this.#world.schedule.monotonicMs() > untilMs)
          violated(`${place.name} is stable up to ${stable} of ${end} only`);
        await this.#world.sleep(200);
      }
    }
    client.close();
  }

  async #restartAfter(end: string): Promise<void> {
    const { machine } = this.#world;
    if (end === 'a clean stop') {
      if (!(await machine.stop())) violated('a clean stop did not end');
    } else machine.kill(end === 'a kill' ? 'kill' : 'power');
    const boot = await machine.boot();
    if (boot.kind === 'refused') throw boot.error;
  }

  /** Answers what can be read, by the name of a partition. */
  async #checkAll(name: string): Promise<ReadonlyMap<string, readonly CommittedRecord[]>> {
    const client = this.#client(name);
    const records = await this.#readAll(client);
    this.#truth.checkEnd(withIds(records), forgetful);
    await this.#checkChains(client, records);
    client.note(`${this.#truth.committedCount} transactions are committed, all whole`);
    client.close();
    return records;
  }

  async #readAll(client: Client): Promise<ReadonlyMap<string, readonly CommittedRecord[]>> {
    const records = new Map<string, readonly CommittedRecord[]>();
    for (const { topic, place } of this.#places()) {
      records.set(place.name, await readAllCommitted(client, topic, place));
    }
    return records;
  }

  async #checkChains(client: Client, records: ReadonlyMap<string, readonly CommittedRecord[]>): Promise<void> {
    for (const { topic, place } of this.#places()) {
      if (topic !== 'source') continue;
      const committed = await committedOffset(this.#world, client, { sourceTopic: 'source', source: place });
      checkChain({
        name: place.name,
        committed,
        source: (records.get(place.name) ?? []).map(({ offset }) => offset),
        target: (records.get(`target-${place.index}`) ?? []).map(({ value }) => Number(value.split('|')[1])),
      });
    }
  }
}

function withIds(
  records: ReadonlyMap<string, readonly CommittedRecord[]>,
): ReadonlyMap<string, readonly FoundRecord[]> {
  return new Map(
    Array.from(records, ([partition, all]) => [
      partition,
      all.map(({ offset, value }) => ({ offset, id: idOf(value) })),
    ]),
  );
}

/** Compaction and retention may come between two reads: they take what was replaced, and old records of what is forgetful. */
function isSame(before: readonly CommittedRecord[], after: readonly CommittedRecord[], isForgetful: boolean): boolean {
  const startOffset = isForgetful ? (after[0]?.offset ?? Number.POSITIVE_INFINITY) : 0;
  const lasting = latestOfKeys(before).filter(({ offset }) => offset >= startOffset);
  return JSON.stringify(lasting) === JSON.stringify(latestOfKeys(after));
}

function latestOfKeys(records: readonly CommittedRecord[]): readonly CommittedRecord[] {
  const latest = new Map(records.map((record) => [keyOf(record.value), record]));
  return records.filter((record) => latest.get(keyOf(record.value)) === record);
}

function ofTopics(...names: readonly string[]): (topic: string) => boolean {
  return (topic) => names.includes(topic);
}

function topicPlans(random: SeededRandom): readonly TopicPlan[] {
  const segments = (from: number, to: number) => ({
    'internal.segment.bytes': String(random.between(from, to)),
    'index.interval.bytes': String(random.between(0, 1_000)),
  });
  // A world has few records, and the last segment is neither compacted nor forgotten: so one holds little more than the largest batch.
  const ofTransactors = segments(600, 1_200);
  const ofChains = segments(2_000, 4_000);
  const forEver = { 'retention.ms': '-1' };
  const compacted = { 'cleanup.policy': 'compact', 'delete.retention.ms': '500' };
  const rules = { readsAreDurable: true, hasRetention: false, isCompacted: false };
  return [
    { name: 'kept', partitions: 2, configs: { ...segments(2_500, 12_000), ...forEver }, rules },
    { name: 'compacted', partitions: 1, configs: { ...ofTransactors, ...compacted }, rules },
    { name: 'fading', partitions: 1, configs: { ...ofTransactors, 'retention.bytes': '1000' }, rules },
    { name: 'source', partitions: 2, configs: { ...segments(2_500, 12_000), ...forEver }, rules },
    { name: 'target', partitions: 2, configs: { ...ofChains, ...(random.chance(0.5) ? compacted : forEver) }, rules },
  ];
}
