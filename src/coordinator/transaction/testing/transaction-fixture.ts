/** A transaction coordinator over one partition in memory, with time, markers and producer ids under the test's control. For tests. */
import { type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { settle } from '../../../../sim/virtual-clock.ts';
import type { TransactionMarker } from '../../../partition/transaction-marker.ts';
import { buildBatch } from '../../../protocol/batch/build.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { FakeLog } from '../../testing/fake-log.ts';
import type { EndReply } from '../end-reply.ts';
import type { InitReply, ProducerIdentity } from '../init-producer-id.ts';
import type { MarkerTarget } from '../marker-target.ts';
import { noPartitions, type TopicPartition } from '../partition-set.ts';
import { LAST_CLIENT_EPOCH } from '../producer-epoch.ts';
import { EPOCH_BUMP_VERSION, NO_PRODUCER_ID, NO_TIME, type Transaction } from '../transaction.ts';
import { TransactionCoordinator } from '../transaction-coordinator.ts';
import { transactionRecordCodec } from '../transaction-record.ts';
import type { TransactionSettings } from '../transaction-settings.ts';

export const ID = 'tx';
export const T0: TopicPartition = { topic: 't', partition: 0 };
export const T1: TopicPartition = { topic: 't', partition: 1 };

/** Takes every marker, unless the test has an answer of its own. */
export class FakeTarget implements MarkerTarget {
  readonly written: string[] = [];
  answer: (partition: TopicPartition) => ErrorCode | Promise<ErrorCode> = () => ErrorCode.NONE;

  async writeMarker(partition: TopicPartition, marker: TransactionMarker): Promise<ErrorCode> {
    const error = await this.answer(partition);
    const { producerId, producerEpoch, outcome } = marker;
    if (error === ErrorCode.NONE) {
      this.written.push(`${partition.topic}-${partition.partition} ${outcome} ${producerId}:${producerEpoch}`);
    }
    return error;
  }
}

export class TransactionFixture {
  readonly env: TestEnv;
  readonly log: FakeLog;
  readonly target: FakeTarget;
  readonly settings: { -readonly [Name in keyof TransactionSettings]: TransactionSettings[Name] };
  readonly coordinator: TransactionCoordinator;
  leads = true;
  /** The next producer id that is given out. */
  nextProducerId: number;

  constructor(options: { log?: FakeLog; env?: TestEnv; target?: FakeTarget; nextProducerId?: number } = {}) {
    this.env = options.env ?? testEnv();
    this.log = options.log ?? new FakeLog();
    this.target = options.target ?? new FakeTarget();
    this.nextProducerId = options.nextProducerId ?? 1_000;
    this.settings = {
      maxTimeoutMs: 900_000,
      abortIntervalMs: 10_000,
      idExpirationMs: 7 * 24 * 3_600_000,
      idExpirationIntervalMs: 3_600_000,
    };
    this.coordinator = new TransactionCoordinator({
      env: this.env,
      settings: this.settings,
      partitions: {
        count: () => 1,
        leads: () => this.leads,
        leaderEpoch: () => (this.leads ? 0 : undefined),
        open: () => this.log,
        withLog: async () => [0],
      },
      target: this.target,
      takeProducerId: async () => this.nextProducerId++,
    });
  }

  /** A producer that has used all its epochs but the last one for clients. */
  static withLastEpoch(): { fixture: TransactionFixture; producer: ProducerIdentity } {
    const log = new FakeLog();
    const producer = { producerId: 1_000, producerEpoch: LAST_CLIENT_EPOCH };
    const transaction: Transaction = {
      transactionalId: ID,
      status: 'Empty',
      ...producer,
      lastProducerEpoch: LAST_CLIENT_EPOCH - 1,
      previousProducerId: NO_PRODUCER_ID,
      nextProducerId: NO_PRODUCER_ID,
      timeoutMs: 60_000,
      partitions: noPartitions,
      startMs: NO_TIME,
      updateMs: testEnv().clock.now(),
      clientVersion: EPOCH_BUMP_VERSION,
    };
    log.write(buildBatch({ records: [transactionRecordCodec.encode({ transactionalId: ID, transaction })] }));
    return { fixture: new TransactionFixture({ log, nextProducerId: 1_001 }), producer };
  }

  /** The same log, read by a coordinator that knows nothing else: what a restart finds. */
  restarted(log = this.log): TransactionFixture {
    const { env, target, nextProducerId } = this;
    const next = new TransactionFixture({ log, env, target, nextProducerId });
    next.coordinator.start();
    return next;
  }

  init(
    request: { expected?: ProducerIdentity; timeoutMs?: number; transactionalId?: string } = {},
  ): Promise<InitReply> {
    return this.coordinator.initProducerId({ transactionalId: ID, timeoutMs: 60_000, expected: undefined, ...request });
  }

  /** A producer whose transaction has not begun. */
  async producer(request: { expected?: ProducerIdentity; timeoutMs?: number } = {}): Promise<ProducerIdentity> {
    const reply = await this.init(request);
    if (reply.kind !== 'initialized') throw new Error(`no producer: ${reply.kind}`);
    return { producerId: reply.producerId, producerEpoch: reply.producerEpoch };
  }

  async add(producer: ProducerIdentity, partitions = [T0, T1], clientVersion = EPOCH_BUMP_VERSION): Promise<ErrorCode> {
    return this.coordinator.addPartitions({ transactionalId: ID, ...producer, partitions, clientVersion });
  }

  /** EndTxn before v5. */
  async endKeeping(producer: ProducerIdentity, isCommit = true): Promise<string> {
    return told(
      await this.coordinator.endTransaction({
        transactionalId: ID,
        ...producer,
        isCommit,
        clientVersion: 0,
      }),
    );
  }

  /** EndTxn from v5 on. */
  async endBumping(producer: ProducerIdentity, isCommit = true): Promise<string> {
    return told(
      await this.coordinator.endTransaction({
        transactionalId: ID,
        ...producer,
        isCommit,
        clientVersion: EPOCH_BUMP_VERSION,
      }),
    );
  }

  /** `state id:epoch`, or the error. */
  async state(transactionalId = ID): Promise<string> {
    const found = await this.coordinator.describe(transactionalId);
    if (typeof found === 'number') return `error ${found}`;
    return `${found.transactionState} ${found.producerId}:${found.producerEpoch}`;
  }

  /** Lets the markers be written. */
  async carriedOut(): Promise<void> {
    await settle();
  }

  async stop(): Promise<void> {
    this.coordinator.stop();
    await this.coordinator.close();
  }
}

/** `id:epoch`, or the error. */
export function told(reply: InitReply | EndReply): string {
  if (reply.kind === 'refused') return `error ${reply.error}`;
  return reply.kind === 'needs-producer-id' ? reply.kind : `${reply.producerId}:${reply.producerEpoch}`;
}
