/**
 * A producer with several batches in flight, which sends again, in order, whatever was not answered or refused for now. Idempotent ones expect every record
 * once and begin a new session where their sequence is lost; plain ones may write a record twice.
 */
import { buildBatch } from '../../src/protocol/batch/build.ts';
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { InitProducerId } from '../../src/protocol/messages/init-producer-id.ts';
import { Produce } from '../../src/protocol/messages/produce.ts';
import { ONCE, type Strength } from '../checkers/partition-truth.ts';
import type { Client } from '../clients/client.ts';
import { violated, type World } from '../world/world.ts';
import type { SimPartition } from './topics.ts';

const IN_FLIGHT_MAX = 5;
const PAUSE_MS_MAX = 80;
const RETRY_MS_MAX = 40;

export interface ProducerPlan {
  readonly isIdempotent: boolean;
  readonly acks: -1 | 1;
  /** Records acknowledged with acks=-1 survive the loss of power. */
  readonly isDurable: boolean;
}

interface Batch {
  readonly ids: readonly string[];
  readonly bytes: Uint8Array;
  /** Seen when it was made: it is behind it. */
  readonly highWatermark: number;
}

/** `settled`: it is in the log, or never asked for again. */
type Fate = 'settled' | 'again' | 'session-lost';

const again = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);
const sessionLost = new Set<number>([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
]);

export class Producer {
  readonly #world: World;
  readonly #client: Client;
  readonly #partition: SimPartition;
  readonly #plan: ProducerPlan;
  #producerId = -1;
  #session = 0;
  #nextNumber = 0;
  /**
   * The partition has a batch of this session. Until then one goes at a time: a broker takes any sequence of a producer that it does not know, because its state may have
   * expired, so of several first batches it would take the second when it has just refused the first.
   */
  #isKnown = false;
  #pending: Batch[] = [];

  constructor(world: World, client: Client, partition: SimPartition, plan: ProducerPlan) {
    this.#world = world;
    this.#client = client;
    this.#partition = partition;
    this.#plan = plan;
  }

  async run(): Promise<void> {
    const { random } = this.#world;
    while (!this.#world.isDraining || this.#pending.length > 0) {
      if (this.#plan.isIdempotent && this.#producerId < 0 && !(await this.#beginSession())) continue;
      const inFlightMax = random.between(1, IN_FLIGHT_MAX);
      const wanted = this.#world.isDraining ? 0 : this.#isKnown ? inFlightMax : 1;
      while (this.#pending.length < wanted) this.#pending.push(this.#newBatch());
      await this.#sendAll();
      await this.#world.sleep(random.next() * (this.#pending.length > 0 ? RETRY_MS_MAX : PAUSE_MS_MAX));
    }
  }

  /** Everything pending, one after the other without waiting; then looks at the answers. */
  async #sendAll(): Promise<void> {
    const batches = this.#pending;
    const fates = await Promise.all(batches.map((batch) => this.#send(batch)));
    this.#pending = batches.filter((_, index) => fates[index] !== 'settled');
    if (fates.includes('settled')) this.#isKnown = true;
    // Behind a batch that is to be sent again, all others are out of order, which is no loss.
    const firstOpen = fates.find((fate) => fate !== 'settled');
    if (firstOpen === 'session-lost') this.#loseSession();
  }

  async #send({ ids, bytes }: Batch): Promise<Fate> {
    const { topic, index, truth } = this.#partition;
    const { acks } = this.#plan;
    const partitionData = [{ index, records: bytes }];
    const answer = await this.#client.request(Produce, 13, {
      acks,
      timeoutMs: 5_000,
      topicData: [{ topicId: topic.id, partitionData }],
    });
    const result = answer?.responses[0]?.partitionResponses[0];
    if (result === undefined) return 'again';
    const { errorCode, baseOffset } = result;
    this.#client.note(`${ids[0]} (${ids.length}) to ${topic.name}-${index}: ${errorName(errorCode)} ${baseOffset}`);
    if (errorCode === ErrorCode.NONE) {
      truth.acknowledged(baseOffset, ids, this.#strength());
      return 'settled';
    }
    if (errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return 'settled';
    if (again.has(errorCode)) return 'again';
    if (sessionLost.has(errorCode) && this.#plan.isIdempotent) return 'session-lost';
    return violated(`${this.#client.name}: a good batch was refused with ${errorName(errorCode)}`);
  }

  #strength(): Strength {
    return this.#plan.isDurable && this.#plan.acks === -1 ? 'durable' : 'written';
  }

  /** Never sent again: the old session's records may be in the log or not. */
  #loseSession(): void {
    const [first] = this.#pending;
    // Of records that were deleted before their producer had an answer, a restarted broker knows nothing any more.
    const mayBeDeleted = first !== undefined && this.#partition.truth.mayBeDeletedSince(first.highWatermark);
    if (this.#strength() === 'durable' && !mayBeDeleted)
      violated(`${this.#client.name}: the broker has forgotten its sequence`);
    this.#client.note('begins a new session');
    this.#producerId = -1;
    this.#pending = [];
  }

  /** False: not now. */
  async #beginSession(): Promise<boolean> {
    const answer = await this.#client.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 });
    if (answer === undefined || answer.errorCode !== ErrorCode.NONE) {
      await this.#world.sleep(RETRY_MS_MAX);
      return false;
    }
    this.#producerId = answer.producerId;
    this.#session = answer.producerId;
    this.#nextNumber = 0;
    this.#isKnown = false;
    this.#client.note(`has producer id ${answer.producerId}`);
    return true;
  }

  #newBatch(): Batch {
    const { random, schedule } = this.#world;
    const count = random.between(1, 4);
    const first = this.#nextNumber;
    this.#nextNumber += count;
    const kind = this.#plan.isIdempotent ? ONCE : 'plain';
    const ids = Array.from(
      { length: count },
      (_, index) => `${kind}/${this.#client.name}/${this.#session}/${first + index}`,
    );
    for (const id of ids) this.#partition.truth.sent(id);
    const records = ids.map((id) => ({
      timestamp: schedule.now() - random.below(2_000),
      key: Buffer.from(`key-${random.below(20)}`),
      value: Buffer.from(id.padEnd(random.chance(0.1) ? 700 : 40)),
    }));
    const compression = random.chance(0.8) ? 'none' : random.chance(0.5) ? 'gzip' : 'lz4';
    const identity = { producerId: this.#producerId, producerEpoch: 0, baseSequence: first };
    const { highWatermark } = this.#partition.truth;
    return {
      ids,
      highWatermark,
      bytes: buildBatch({ records, compression, ...(this.#plan.isIdempotent ? identity : {}) }),
    };
  }
}
