/**
 * One instance of a transactional producer, as Kafka's clients behave, with transactions v1 (partitions are added first, epochs stay) or v2 (partitions are added by
 * writing, every transaction has its own epoch, KIP-890). Owns its identity, its sequences and which partitions its transaction has. What was not answered is sent again
 * until it is; whoever was fenced, or whose transaction can only be aborted, is told so and asks no further.
 */
import { buildBatch } from '../../src/protocol/batch/build.ts';
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { AddOffsetsToTxn } from '../../src/protocol/messages/add-offsets-to-txn.ts';
import { AddPartitionsToTxn } from '../../src/protocol/messages/add-partitions-to-txn.ts';
import { EndTxn } from '../../src/protocol/messages/end-txn.ts';
import { FindCoordinator } from '../../src/protocol/messages/find-coordinator.ts';
import { InitProducerId } from '../../src/protocol/messages/init-producer-id.ts';
import { Produce } from '../../src/protocol/messages/produce.ts';
import { TxnOffsetCommit } from '../../src/protocol/messages/txn-offset-commit.ts';
import { keyOf } from '../checkers/transaction-truth.ts';
import { violated, type World } from '../world/world.ts';
import type { Client } from './client.ts';

const RETRY_MS_MAX = 60;
const TIMEOUT_MS = 5_000;
const DYING_MS_MAX = 8;
/** Instead of asking again, when the end of a transaction was not answered. */
const BEGINS_AGAIN = 0.5;
const GROUP_KEY = 0;
const TRANSACTION_KEY = 1;

/** `lost`: this instance, or its transaction, can not go on. */
export type Step = 'done' | 'lost';
/** `unknown`: an attempt without an answer may have done it. */
export type End = 'done' | 'refused' | 'unknown';

export interface SessionPlan {
  readonly transactionalId: string;
  readonly version: 1 | 2;
  readonly transactionTimeoutMs: number;
}

const again = new Set<number>([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_ENOUGH_REPLICAS,
]);
const lost = new Set<number>([
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.TRANSACTION_ABORTABLE,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
]);

export class TransactionalSession {
  readonly #world: World;
  readonly #client: Client;
  readonly #plan: SessionPlan;
  #producerId = -1;
  #producerEpoch = -1;
  /** The next sequence of each partition, by its name. */
  readonly #sequences = new Map<string, number>();
  /** Partitions and groups that the open transaction has: v1 adds each once. */
  readonly #added = new Set<string>();

  constructor(world: World, client: Client, plan: SessionPlan) {
    this.#world = world;
    this.#client = client;
    this.#plan = plan;
  }

  /** Fences the instances before it, and ends what they left open. */
  async init(): Promise<void> {
    const { transactionalId, transactionTimeoutMs } = this.#plan;
    await this.#find(TRANSACTION_KEY, transactionalId);
    for (;;) {
      const answer = await this.#client.request(InitProducerId, 5, { transactionalId, transactionTimeoutMs });
      if (answer?.errorCode === ErrorCode.NONE) {
        this.#producerId = answer.producerId;
        this.#producerEpoch = answer.producerEpoch;
        this.#client.note(`is producer ${this.#producerId}:${this.#producerEpoch} of ${transactionalId}`);
        return;
      }
      await this.#retry('InitProducerId', answer?.errorCode);
    }
  }

  /** Without a transaction open, and only while nobody else has come (KIP-360). Asked again, it gets the same answer. */
  async bumpEpoch(): Promise<Step> {
    const { transactionalId, transactionTimeoutMs } = this.#plan;
    const request = { transactionalId, transactionTimeoutMs, ...this.#identity() };
    return this.#persist('a new epoch', async () => {
      const answer = await this.#client.request(InitProducerId, 5, request);
      if (answer?.errorCode === ErrorCode.NONE) this.#goOnAs(answer.producerId, answer.producerEpoch);
      return answer?.errorCode;
    });
  }

  /** One batch; answered when it is acknowledged. */
  async send(topic: string, index: number, values: readonly string[]): Promise<Step> {
    const partition = `${topic}-${index}`;
    if (this.#plan.version === 1 && (await this.#addPartition(topic, index)) === 'lost') return 'lost';
    const baseSequence = this.#sequences.get(partition) ?? 0;
    const bytes = this.#batchOf(values, baseSequence);
    const step = await this.#persist('Produce', async () => {
      // The broker writes into what it gets, and so does the simulated network: each attempt has its own bytes.
      const partitionData = [{ index, records: Buffer.from(bytes) }];
      const answer = await this.#client.request(Produce, this.#plan.version === 1 ? 11 : 12, {
        transactionalId: this.#plan.transactionalId,
        acks: -1,
        timeoutMs: TIMEOUT_MS,
        topicData: [{ name: topic, partitionData }],
      });
      return answer?.responses[0]?.partitionResponses[0]?.errorCode;
    });
    if (step === 'done') this.#sequences.set(partition, baseSequence + values.length);
    return step;
  }

  async commitOffset(groupId: string, { topic, index, offset }: { topic: string; index: number; offset: number }) {
    const { transactionalId, version } = this.#plan;
    await this.#find(GROUP_KEY, groupId);
    const producer = { transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch, groupId };
    if (version === 1) {
      const added = await this.#addOnce(`group ${groupId}`, async () => {
        return (await this.#client.request(AddOffsetsToTxn, 3, producer))?.errorCode;
      });
      if (added === 'lost') return 'lost';
    }
    return this.#persist('TxnOffsetCommit', async () => {
      const partitions = [{ partitionIndex: index, committedOffset: offset, committedMetadata: '' }];
      const request = { ...producer, topics: [{ name: topic, partitions }] };
      const answer = await this.#client.request(TxnOffsetCommit, version === 1 ? 4 : 5, request);
      return answer?.topics[0]?.partitions[0]?.errorCode;
    });
  }

  async end(committed: boolean): Promise<End> {
    const { version } = this.#plan;
    this.#added.clear();
    let isFirst = true;
    for (;;) {
      const answer = await this.#askToEnd(committed);
      const error = answer?.errorCode;
      this.#client.note(`${committed ? 'commits' : 'aborts'}: ${error === undefined ? 'no answer' : errorName(error)}`);
      if (answer !== undefined && error === ErrorCode.NONE) {
        if (version === 2) this.#goOnAs(answer.producerId, answer.producerEpoch);
        return 'done';
      }
      if (error !== undefined && lost.has(error)) return isFirst ? 'refused' : 'unknown';
      // Asking again would repair a decision that was lost; whoever begins again lets it be seen.
      if (answer === undefined && this.#world.random.chance(BEGINS_AGAIN)) return 'unknown';
      isFirst = false;
      await this.#retry('EndTxn', error);
    }
  }

  /** The application is gone before it knows whether it has committed. */
  async dieCommitting(): Promise<void> {
    this.#client.note('dies while it commits');
    const dying = this.#world.sleep(this.#world.random.next() * DYING_MS_MAX).then(() => this.#client.close());
    await Promise.all([this.#askToEnd(true), dying]);
  }

  #askToEnd(committed: boolean) {
    const { transactionalId, version } = this.#plan;
    const request = { transactionalId, ...this.#identity(), committed };
    return this.#client.request(EndTxn, version === 1 ? 4 : 5, request);
  }

  #identity(): { producerId: number; producerEpoch: number } {
    return { producerId: this.#producerId, producerEpoch: this.#producerEpoch };
  }

  /** Sequences begin anew with each epoch. */
  #goOnAs(producerId: number, producerEpoch: number): void {
    if (producerId === this.#producerId && producerEpoch <= this.#producerEpoch) {
      violated(`${this.#client.name} of epoch ${this.#producerEpoch} is given the epoch ${producerEpoch}`);
    }
    this.#producerId = producerId;
    this.#producerEpoch = producerEpoch;
    this.#sequences.clear();
  }

  #addPartition(topic: string, index: number): Promise<Step> {
    return this.#addOnce(`${topic}-${index}`, async () => {
      const answer = await this.#client.request(AddPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: this.#plan.transactionalId,
        v3AndBelowProducerId: this.#producerId,
        v3AndBelowProducerEpoch: this.#producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [index] }],
      });
      return answer?.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode;
    });
  }

  async #addOnce(what: string, ask: () => Promise<number | undefined>): Promise<Step> {
    if (this.#added.has(what)) return 'done';
    const step = await this.#persist(`adding ${what}`, ask);
    if (step === 'done') this.#added.add(what);
    return step;
  }

  /** Until there is an answer that means something. */
  async #persist(what: string, ask: () => Promise<number | undefined>): Promise<Step> {
    for (;;) {
      const error = await ask();
      if (error === ErrorCode.NONE || error === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return 'done';
      if (error !== undefined && lost.has(error)) {
        this.#client.note(`${what}: ${errorName(error)}`);
        return 'lost';
      }
      await this.#retry(what, error);
    }
  }

  async #retry(what: string, error: number | undefined): Promise<void> {
    if (error !== undefined && !again.has(error)) violated(`${this.#client.name}: ${what} got ${errorName(error)}`);
    this.#client.note(`${what} again after ${error === undefined ? 'no answer' : errorName(error)}`);
    await this.#world.sleep(this.#world.random.next() * RETRY_MS_MAX);
  }

  /** As clients do first; the broker makes its topics when somebody asks. */
  async #find(keyType: number, key: string): Promise<void> {
    for (;;) {
      const answer = await this.#client.request(FindCoordinator, 4, { keyType, coordinatorKeys: [key] });
      const error = answer?.coordinators[0]?.errorCode;
      if (error === ErrorCode.NONE) return;
      await this.#retry('FindCoordinator', error);
    }
  }

  #batchOf(values: readonly string[], baseSequence: number): Uint8Array {
    const timestamp = this.#world.schedule.now();
    const records = values.map((value) => ({ timestamp, key: Buffer.from(keyOf(value)), value: Buffer.from(value) }));
    return buildBatch({ records, isTransactional: true, baseSequence, ...this.#identity() });
  }
}
