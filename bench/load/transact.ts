/** Transactions as clients of version 2 make them (KIP-890): records to some partitions, then the end, one transaction after the other. */
import { writeInt16, writeInt64 } from '../../src/base/big-endian.ts';
import { buildBatch } from '../../src/protocol/batch/build.ts';
import { updateCrc } from '../../src/protocol/batch/crc32c.ts';
import { ErrorCode } from '../../src/protocol/error-code.ts';
import { EndTxn } from '../../src/protocol/messages/end-txn.ts';
import { FindCoordinator } from '../../src/protocol/messages/find-coordinator.ts';
import { InitProducerId } from '../../src/protocol/messages/init-producer-id.ts';
import { Produce } from '../../src/protocol/messages/produce.ts';
import type { LoadClient } from './client.ts';

const TRANSACTION = 1;
/** The first version that adds its partitions to the transaction by itself. */
const PRODUCE_VERSION = 12;
/** The first version in which every end raises the epoch. */
const END_VERSION = 5;
/** How long a client waits before it asks again while the markers of its last transaction are still being written. */
const RETRY_MS = 1;

export interface TransactionLoad {
  readonly topic: string;
  readonly partitions: number;
  readonly recordsPerPartition: number;
}

interface Producer {
  readonly transactionalId: string;
  id: number;
  epoch: number;
}

export async function transactionalProducer(client: LoadClient, transactionalId: string): Promise<Producer> {
  await client.request(FindCoordinator, 4, { keyType: TRANSACTION, coordinatorKeys: [transactionalId] });
  for (;;) {
    const request = { transactionalId, transactionTimeoutMs: 60_000 };
    const answer = await client.request(InitProducerId, 5, request);
    if (answer.errorCode === ErrorCode.NONE) {
      return { transactionalId, id: answer.producerId, epoch: answer.producerEpoch };
    }
    if (!isPassing(answer.errorCode)) throw new Error(`InitProducerId was refused: error ${answer.errorCode}`);
    await pause();
  }
}

/** `count` transactions; answers how long each end took until it was answered, in milliseconds. */
export async function transactAll(
  client: LoadClient,
  producer: Producer,
  load: TransactionLoad & { count: number },
): Promise<Float64Array> {
  const batch = unaddressedBatch(load.recordsPerPartition);
  const latencies = new Float64Array(load.count);
  for (let index = 0; index < load.count; index += 1) {
    await produce(client, producer, load, batch);
    const startedAt = performance.now();
    await commit(client, producer);
    latencies[index] = performance.now() - startedAt;
  }
  return latencies;
}

/** The producer's numbers are filled in before each use. */
function unaddressedBatch(recordCount: number): Uint8Array {
  const value = Buffer.alloc(100, 'abcdefghijklmnopqrstuvwxyz');
  const records = Array.from({ length: recordCount }, () => ({ timestamp: Date.now(), key: null, value }));
  return buildBatch({ records, producerId: 0, producerEpoch: 0, baseSequence: 0, isTransactional: true });
}

/** A new epoch begins with sequence 0, so every transaction may send the same records. */
async function produce(
  client: LoadClient,
  producer: Producer,
  load: TransactionLoad,
  batch: Uint8Array,
): Promise<void> {
  writeInt64(batch, 43, producer.id);
  writeInt16(batch, 51, producer.epoch);
  updateCrc(batch);
  const partitionData = Array.from({ length: load.partitions }, (_, index) => ({ index, records: batch }));
  const { transactionalId } = producer;
  const request = { transactionalId, acks: -1, timeoutMs: 30_000, topicData: [{ name: load.topic, partitionData }] };
  for (;;) {
    const answer = await client.request(Produce, PRODUCE_VERSION, request);
    const errors = answer.responses.flatMap((topic) => topic.partitionResponses.map(({ errorCode }) => errorCode));
    const error = errors.find((code) => code !== ErrorCode.NONE);
    if (error === undefined) return;
    // Either all of them wait for the last transaction's end, or it is a fault.
    if (!errors.every(isPassing)) throw new Error(`a transactional produce was refused: error ${error}`);
    await pause();
  }
}

async function commit(client: LoadClient, producer: Producer): Promise<void> {
  const { transactionalId, id: producerId, epoch: producerEpoch } = producer;
  const request = { transactionalId, producerId, producerEpoch, committed: true };
  const answer = await client.request(EndTxn, END_VERSION, request);
  if (answer.errorCode !== ErrorCode.NONE) throw new Error(`EndTxn was refused: error ${answer.errorCode}`);
  producer.id = answer.producerId;
  producer.epoch = answer.producerEpoch;
}

function isPassing(error: number): boolean {
  return (
    error === ErrorCode.CONCURRENT_TRANSACTIONS ||
    error === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ||
    error === ErrorCode.NOT_COORDINATOR
  );
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
