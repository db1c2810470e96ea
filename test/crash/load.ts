/**
 * Real clients at work while their broker dies: producers of two kinds and two libraries, and a consumer group that commits what it has read. Everything that
 * they are told goes into the truth of the partition or of the group. The load can be paused: then everything that was begun is answered.
 */
import { type Consumer, Kafka, logLevel } from 'kafkajs';
import { GroupTruth } from '../../sim/checkers/group-truth.ts';
import { ONCE, PartitionTruth } from '../../sim/checkers/partition-truth.ts';
import type { SeededRandom } from '../../sim/seeded-random.ts';
import { violated } from '../../sim/world/world.ts';
import { eventually, within } from '../clients/eventually.ts';
import { kafkaJsSender, platformaticSender, type Sender } from './senders.ts';

export const TOPIC = 'orders';
export const PARTITIONS = 3;
const GROUP = 'readers';
const RECORDS_MAX = 6;
const VALUE_BYTES_MAX = 2_000;

interface Worker {
  readonly name: string;
  readonly isIdempotent: boolean;
  readonly connect: () => Promise<Sender>;
}

export class Load implements AsyncDisposable {
  readonly partitions: readonly PartitionTruth[];
  readonly group = new GroupTruth({ commitsAreDurable: true });
  acknowledged = 0;
  readonly #kafka: Kafka;
  readonly #bootstrap: string;
  readonly #random: SeededRandom;
  readonly #work: Promise<void>[] = [];
  readonly #senders = new Set<Sender>();
  #consumer: Consumer | undefined;
  #isPaused = false;
  #isOver = false;
  #isAbandoned = false;
  /** Batches that are sent and not answered. */
  #underWay = 0;
  #failure: { readonly error: unknown } | undefined;
  #committed = 0;

  constructor(bootstrap: string, random: SeededRandom) {
    this.#bootstrap = bootstrap;
    this.#random = random;
    this.#kafka = new Kafka({
      clientId: 'crash',
      // Its retries of retries go on for hours where no broker is; without an address they end.
      brokers: () => (this.#isAbandoned ? [] : [bootstrap]),
      logLevel: logLevel.NOTHING,
      requestTimeout: 10_000,
      retry: { retries: 400, initialRetryTime: 30, maxRetryTime: 200 },
    });
    const rules = { readsAreDurable: true, hasRetention: false, isCompacted: false };
    this.partitions = Array.from({ length: PARTITIONS }, (_, index) => {
      return new PartitionTruth({ ...rules, name: `${TOPIC}-${index}` });
    });
  }

  async start(): Promise<void> {
    for (const isIdempotent of [true, true, false]) {
      const number = this.#work.length;
      const kafkaJs = () => kafkaJsSender(this.#kafka, TOPIC, isIdempotent);
      this.#begin({ name: `kafkajs-${number}`, isIdempotent, connect: kafkaJs });
      const platformatic = () => platformaticSender(this.#bootstrap, TOPIC, isIdempotent);
      this.#begin({ name: `platformatic-${number}`, isIdempotent, connect: platformatic });
    }
    await this.#consume();
  }

  /** What a client was told that it must never be told, if anything was. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
    await eventually(
      'every batch that was sent is answered',
      () => this.#underWay === 0 || this.#failure !== undefined,
    );
    this.check();
  }

  resume(): void {
    this.#isPaused = false;
  }

  get commits(): number {
    return this.#committed;
  }

  /** Asks the broker how far the group is. */
  async checkGroup(): Promise<void> {
    const promised = this.partitions.map((_, index) => this.group.promised(index));
    const [found] = await within('the broker tells how far the group is', this.#committedOffsets());
    for (const [index, since] of promised.entries()) {
      const offset = Number(found?.partitions.find(({ partition }) => partition === index)?.offset ?? -1);
      this.group.read(index, offset < 0 ? undefined : offset, since);
    }
  }

  /** Everything that was begun is answered: the broker must be there. */
  async end(): Promise<void> {
    this.#isOver = true;
    await within('the consumer leaves', Promise.resolve(this.#consumer?.disconnect()));
    await within('the producers end', Promise.all(this.#work));
  }

  /** What was begun is given up: the broker must be gone, or clients would go on asking it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isAbandoned = true;
    for (const sender of this.#senders) sender.close().catch(() => {});
    await this.end();
  }

  async #committedOffsets() {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      return await admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] });
    } finally {
      await admin.disconnect();
    }
  }

  #begin(worker: Worker): void {
    this.#work.push(
      this.#produce(worker).catch((error: unknown) => {
        this.#failure ??= { error };
      }),
    );
  }

  async #produce(worker: Worker): Promise<void> {
    for (let session = 0; !this.#isOver; session += 1) {
      const sender = await worker.connect();
      this.#senders.add(sender);
      await this.#produceSession(worker, session, sender);
      this.#senders.delete(sender);
      await sender.close().catch(() => {});
    }
  }

  /** Until a batch's fate is unknown: its sequence would be used again for other records. */
  async #produceSession({ name, isIdempotent }: Worker, session: number, sender: Sender): Promise<void> {
    const numbers = this.partitions.map(() => 0);
    for (;;) {
      await eventually('the load goes on', () => !this.#isPaused || this.#isOver);
      if (this.#isOver) return;
      const partition = this.#random.below(PARTITIONS);
      const truth = this.partitions[partition];
      const first = numbers[partition];
      if (truth === undefined || first === undefined) return;
      const count = this.#random.between(1, RECORDS_MAX);
      numbers[partition] = first + count;
      const kind = isIdempotent ? ONCE : 'plain';
      const ids = Array.from({ length: count }, (_, index) => `${kind}/${name}/${session}/${first + index}`);
      for (const id of ids) truth.sent(id);
      this.#underWay += 1;
      const baseOffset = await this.#send(sender, partition, ids);
      this.#underWay -= 1;
      if (baseOffset === undefined) return;
      truth.acknowledged(baseOffset, ids, 'durable');
      this.acknowledged += count;
    }
  }

  async #send(sender: Sender, partition: number, ids: readonly string[]): Promise<number | undefined> {
    const paddedBytes = this.#random.chance(0.1) ? this.#random.below(VALUE_BYTES_MAX) : 60;
    try {
      return await sender.send(
        partition,
        ids.map((id) => id.padEnd(paddedBytes)),
      );
    } catch {
      return undefined;
    }
  }

  async #consume(): Promise<void> {
    const consumer = this.#kafka.consumer({
      groupId: GROUP,
      heartbeatInterval: 200,
      // The least that is allowed: a consumer that has lost its broker joins as a new member, which waits for the end of the old one.
      sessionTimeout: 6_000,
      maxWaitTimeInMs: 100,
      retry: { retries: 400, initialRetryTime: 30, maxRetryTime: 200, restartOnFailure: async () => true },
    });
    this.#consumer = consumer;
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages }, isStale, isRunning }) => {
        if (isStale() || !isRunning()) return;
        this.#read(partition, messages);
        const next = Number(messages.at(-1)?.offset) + 1;
        this.group.commitAsked(partition, next);
        await consumer.commitOffsets([{ topic: TOPIC, partition, offset: String(next) }]);
        this.group.commitAcknowledged(partition, next, { wasFenced: false, isOfThisEra: true });
        this.#committed += 1;
      },
    });
  }

  #read(partition: number, messages: readonly { readonly offset: string; readonly value: Buffer | null }[]): void {
    try {
      const truth = this.partitions[partition] ?? violated(`there is no partition ${partition}`);
      for (const { offset, value } of messages) truth.read(Number(offset), `${value ?? ''}`.trimEnd());
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }
}
