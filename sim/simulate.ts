/**
 * One seeded world: a whole broker on a simulated machine, clients of every kind, and several lives of its process that end in every way. When the last one has
 * begun and nothing fails any more, everything that was promised is checked. The same seed gives the same world, byte for byte.
 */
import { Answers } from './checkers/answers.ts';
import { type BrokerState, checkSameState, readState } from './checkers/broker-state.ts';
import { checkFiles } from './checkers/files.ts';
import { GroupTruth } from './checkers/group-truth.ts';
import { checkLeftovers, logBytes } from './checkers/leftovers.ts';
import { lookAtSettings, lookAtTopic } from './checkers/look-at-topic.ts';
import { MetadataTruth } from './checkers/metadata-truth.ts';
import { checkRestoredBroker, type Promises } from './checkers/restored-broker.ts';
import { checkPartition } from './checkers/scan.ts';
import { checkToldLosses } from './checkers/told-losses.ts';
import { Client } from './clients/client.ts';
import type { SeededRandom } from './seeded-random.ts';
import { Admin } from './workloads/admin.ts';
import { consume } from './workloads/consumer.ts';
import { darkenOne } from './workloads/dark-directory.ts';
import { follow } from './workloads/follower.ts';
import { findCoordinator, GroupMember, readCommitted } from './workloads/group-member.ts';
import { type Backup, Keeper } from './workloads/keeper.ts';
import { moveAll } from './workloads/mover.ts';
import { Producer } from './workloads/producer.ts';
import { createTopic, partitionsOf, type SimPartition, type SimTopic, type TopicPlan } from './workloads/topics.ts';
import { Lives, rotIndexes } from './world/lives.ts';
import type { Death } from './world/machine.ts';
import type { Mood, MoodName } from './world/mood.ts';
import { checkBackups } from './world/restored.ts';
import { violated, World } from './world/world.ts';

const LIVES = 3;
const MEMBERS = 3;
/** Files of deleted segments and topics are gone by then. */
const CLEAN_UP_MS = 8_000;
const RETENTION_BYTES = 8_000;

export interface Simulation {
  readonly trace: readonly string[];
  /** How the lives ended. */
  readonly ends: readonly string[];
  readonly steps: number;
  /** How many were made while the world was at work, and are whole. */
  readonly backups: number;
}

/** Rejects with what was violated, and the end of the trace. */
export async function simulate(seed: number, mood?: MoodName): Promise<Simulation> {
  const world = new World(seed, brokerSettings, mood);
  const plan = new Plan(world);
  try {
    await world.run(() => plan.run());
    checkToldLosses(world.trace);
  } catch (error) {
    throw new SimulationFailure(seed, world.trace.lines, error, mood === undefined ? '' : `--mood ${mood}`);
  }
  const { ends, backups } = plan;
  return { trace: world.trace.lines, ends, steps: world.schedule.steps, backups };
}

export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
  readonly trace: readonly string[];

  /** `flags`: what `npm run sim` needs to replay it. */
  constructor(seed: number, trace: readonly string[], cause: unknown, flags = '') {
    const lines = trace.slice(-40).join('\n');
    super(`seed ${seed}: ${cause}; npm run sim -- ${flags} --seed ${seed} replays it\n${lines}`, { cause });
    this.trace = trace;
  }
}

function brokerSettings(
  random: SeededRandom,
  { checkpointMsMax, durableChance }: Mood,
): Readonly<Record<string, string>> {
  return {
    durability: random.chance(durableChance) ? 'sync' : 'os',
    'auto.create.topics.enable': 'false',
    'log.initial.task.delay.ms': '300',
    'log.retention.check.interval.ms': '800',
    'log.flush.offset.checkpoint.interval.ms': String(random.between(50, checkpointMsMax)),
    'log.segment.delete.delay.ms': random.chance(0.5) ? '0' : '1000',
    'offsets.topic.num.partitions': '2',
    'group.min.session.timeout.ms': '1000',
    'metadata.log.max.record.bytes.between.snapshots': '3000',
  };
}

class Plan {
  readonly #world: World;
  readonly #lives: Lives;
  readonly #answers: Answers;
  readonly #isDurable: boolean;
  readonly #group: GroupTruth;
  readonly #metadata = new MetadataTruth();
  readonly #keeper: Keeper<Promises>;
  #topics: readonly SimTopic[] = [];
  backups = 0;

  constructor(world: World) {
    this.#world = world;
    this.#answers = new Answers(world.schedule);
    this.#keeper = new Keeper(world, () => this.#promises());
    this.#isDurable = world.machine.settings['durability'] === 'sync';
    this.#group = new GroupTruth({ commitsAreDurable: this.#isDurable });
    this.#lives = new Lives(world, this.#answers, (death) => this.#died(death));
  }

  get ends(): readonly string[] {
    return this.#lives.ends;
  }

  async run(): Promise<void> {
    await this.#lives.bootAtLast();
    this.#topics = await this.#createTopics();
    this.#startActors();
    this.#startGroupAndAdmin();
    if (this.#world.mood.isBackedUp) this.#startBackups();
    if (this.#world.machine.dataDirs.length > 1) this.#startMoves();
    const inspector = this.#client('inspector');
    for (let life = 1; life <= LIVES; life += 1) {
      if (life > 1) await this.#lives.bootAtLast();
      await darkenOne(this.#world, inspector);
      await this.#lives.live();
    }
    await this.#settle();
  }

  #died(death: Death): void {
    if (death !== 'power') return;
    this.#keeper.powerLost();
    for (const { truth } of partitionsOf(this.#topics)) truth.forgetWeak();
    this.#group.powerLost();
  }

  #client(name: string): Client {
    return new Client(name, this.#world, this.#answers);
  }

  async #createTopics(): Promise<readonly SimTopic[]> {
    const admin = this.#client('admin');
    const topics: SimTopic[] = [];
    for (const plan of topicPlans(this.#world, this.#isDurable)) topics.push(await createTopic(admin, plan));
    return topics;
  }

  #startActors(): void {
    const { random } = this.#world;
    for (const partition of partitionsOf(this.#topics)) {
      const name = `${partition.topic.name}-${partition.index}`;
      this.#startProducer(`p-${name}`, partition, true);
      if (random.chance(0.5)) this.#startProducer(`plain-${name}`, partition, false);
      const consumer = this.#client(`c-${name}`);
      this.#world.start(() => consume(this.#world, consumer, partition));
    }
  }

  #startGroupAndAdmin(): void {
    const [topic] = this.#topics;
    if (topic === undefined) return;
    for (let member = 0; member < MEMBERS; member += 1) {
      const client = this.#client(`member-${member}`);
      const groupMember = new GroupMember(this.#world, client, { topic, truth: this.#group });
      this.#world.start(() => groupMember.run());
    }
    const partitions = partitionsOf([topic]);
    const admin = new Admin(this.#world, this.#client('admin'), { truth: this.#metadata, partitions });
    this.#world.start(() => admin.run());
  }

  #startBackups(): void {
    this.#world.start(() => this.#keeper.run());
    for (const partition of partitionsOf(this.#topics)) {
      const follower = this.#client(`f-${partition.topic.name}-${partition.index}`);
      this.#world.start(() => follow(this.#world, follower, partition));
    }
  }

  #startMoves(): void {
    const movable = [
      ...partitionsOf(this.#topics).map(({ topic, index }) => ({ topic: topic.name, partition: index })),
      ...[0, 1].map((partition) => ({ topic: '__consumer_offsets', partition })),
    ];
    const mover = this.#client('mover');
    this.#world.start(() => moveAll(this.#world, mover, movable));
  }

  #promises(): Promises {
    return {
      partitions: partitionsOf(this.#topics).map(({ truth }) => truth.copy()),
      metadata: this.#metadata.copy(),
      group: this.#group.copy(),
    };
  }

  #startProducer(name: string, partition: SimPartition, isIdempotent: boolean): void {
    const acks = this.#world.random.chance(0.8) ? -1 : 1;
    const producer = new Producer(this.#world, this.#client(name), partition, {
      isIdempotent,
      acks,
      isDurable: this.#isDurable,
    });
    this.#world.start(() => producer.run());
  }

  /** Nothing fails any more: everybody finishes, and what is there is compared with what was promised, also after one more start. */
  async #settle(): Promise<void> {
    await this.#lives.drain();
    await this.#world.sleep(CLEAN_UP_MS);
    const state = await this.#checkAll('at the end');
    await this.#checkAfter('a clean stop', state, async () => {
      if (!(await this.#world.machine.stop())) violated('a clean stop did not end');
    });
    await this.#checkAfter('a kill', state, async () => {
      this.#world.machine.kill('kill');
      rotIndexes(this.#world);
    });
    await this.#world.sleep(CLEAN_UP_MS);
    await this.#checkDisk();
    if (this.#isDurable) await this.#checkAfter('a power loss', state, async () => this.#world.machine.kill('power'));
    // For that the broker opens all logs: so its next stop is clean.
    if (this.#world.mood.isBackedUp) await this.#keeper.backUpRunning();
    await this.#world.machine.stop();
    const used = new Set([...this.#topics.map(({ name }) => name), '__consumer_offsets', '__cluster_metadata']);
    for (const root of this.#world.machine.dataDirs) await checkFiles(this.#world, root, used);
    if (this.#world.mood.isBackedUp) {
      await this.#keeper.backUpStopped();
      this.backups = await checkBackups(this.#world, this.#keeper, (backup) => this.#checkRestored(backup));
    }
  }

  async #checkRestored({ target, before, after }: Backup<Promises>): Promise<void> {
    // Retention is through by then.
    await this.#world.sleep(CLEAN_UP_MS);
    const client = this.#client(target);
    const restored = { topics: this.#topics, before, after, isDurable: this.#isDurable };
    await checkRestoredBroker(this.#world, client, restored);
    client.close();
  }

  async #checkAfter(what: string, before: BrokerState, end: () => Promise<void>): Promise<void> {
    await end();
    const boot = await this.#world.machine.boot();
    if (boot.kind === 'refused') throw boot.error;
    checkSameState(before, await this.#checkAll(`after ${what}`), `after ${what}`);
  }

  async #checkAll(name: string): Promise<BrokerState> {
    const client = this.#client(name);
    const partitions = partitionsOf(this.#topics);
    for (const partition of partitions) await checkPartition(client, partition, this.#world.random);
    await findCoordinator(this.#world, client);
    const state = await readState(client, partitions);
    await this.#checkMetadata(client);
    await this.#checkGroup(client);
    client.close();
    return state;
  }

  async #checkMetadata(client: Client): Promise<void> {
    for (const name of this.#metadata.names) {
      const isTold =
        (await lookAtTopic(client, this.#metadata, name)) && (await lookAtSettings(client, this.#metadata, name));
      if (!isTold) violated(`nobody describes ${name}, although nothing fails`);
    }
  }

  async #checkGroup(client: Client): Promise<void> {
    const [topic] = this.#topics;
    if (topic === undefined) return;
    const partitions = [...topic.truths.keys()];
    if ((await readCommitted(client, this.#group, { topic, partitions })) === undefined) {
      violated('committed offsets cannot be read, although nothing fails');
    }
  }

  #topicNames(): ReadonlySet<string> {
    const topics = this.#world.machine.node?.broker.metadata.image.topics() ?? [];
    return new Set(Array.from(topics, ({ name }) => name));
  }

  async #checkDisk(): Promise<void> {
    const { disk, dataDirs } = this.#world.machine;
    for (const root of dataDirs) await checkLeftovers(disk, root, this.#topicNames());
    const bytes = logBytes(disk, dataDirs, 'short-0');
    if (bytes > RETENTION_BYTES + this.#world.mood.segmentBytesMax)
      violated(`retention leaves ${bytes} bytes of short-0`);
  }
}

function topicPlans({ random, mood }: World, isDurable: boolean): readonly TopicPlan[] {
  const small = () => ({
    'internal.segment.bytes': String(random.between(3_500, mood.segmentBytesMax)),
    'index.interval.bytes': String(random.between(0, 1_000)),
  });
  const rules = { readsAreDurable: isDurable, hasRetention: false, isCompacted: false };
  return [
    { name: 'kept', partitions: 2, configs: { ...small(), 'retention.ms': '-1' }, rules },
    {
      name: 'short',
      partitions: 1,
      configs: { ...small(), 'retention.bytes': String(RETENTION_BYTES) },
      rules: { ...rules, hasRetention: true },
    },
  ];
}
