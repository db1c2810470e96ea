/**
 * Checks one partition of a restored backup: what was acknowledged before the backup began is there, at its offset; everything else was sent by somebody, once and in order; indexes
 * answer what a scan finds; and a producer that asks again, because it never had its answer, writes nothing twice.
 */
import { baseOffset, baseSequence, producerId } from '../../src/protocol/batch/header.ts';
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { Produce } from '../../src/protocol/messages/produce.ts';
import { type Client, expectAnswer } from '../clients/client.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SimPartition } from '../workloads/topics.ts';
import { violated } from '../world/world.ts';
import { checkOrder } from './order.ts';
import type { PartitionTruth } from './partition-truth.ts';
import { checkLookups, idsByOffset, type Scan, scanPartition } from './scan.ts';

export interface RestoredPartition extends SimPartition {
  /** What was known when the backup began, and when it ended. */
  readonly before: PartitionTruth;
  readonly after: PartitionTruth;
}

/** Answers the highest producer id in it. */
export async function checkRestoredPartition(
  client: Client,
  partition: RestoredPartition,
  random: SeededRandom,
): Promise<number> {
  const { before, after } = partition;
  const { name, isCompacted, readsAreDurable } = before.rules;
  const scan = await scanPartition(client, partition);
  client.note(`scanned ${name}: ${scan.logStart} to ${scan.endOffset}; ${before.size} were known`);
  const found = idsByOffset(scan);
  before.checkPromised(found, scan.logStart);
  after.checkKnown(found);
  after.checkStart(scan.logStart);
  const ids = scan.records.map(({ id }) => id);
  checkOrder(name, ids, { mayHaveGaps: isCompacted || !readsAreDurable });
  await checkLookups(client, partition, scan, random);
  await checkRetries(client, partition, scan);
  return Math.max(-1, ...scan.batches.map(producerId));
}

async function checkRetries(client: Client, partition: SimPartition, { batches, endOffset }: Scan): Promise<void> {
  const last = new Map(batches.filter((batch) => baseSequence(batch) >= 0).map((batch) => [producerId(batch), batch]));
  for (const batch of last.values()) await checkRetry(client, partition, batch);
  const { endOffset: endNow } = await scanPartition(client, partition);
  if (endNow !== endOffset)
    violated(`${partition.truth.rules.name} ended at ${endOffset}, and at ${endNow} after retries`);
}

async function checkRetry(client: Client, { topic, index, truth }: SimPartition, batch: Uint8Array): Promise<void> {
  const records = Buffer.from(batch);
  records.writeBigInt64BE(0n, 0);
  const topicData = [{ topicId: topic.id, partitionData: [{ index, records }] }];
  const answer = await client.request(Produce, 13, { acks: -1, timeoutMs: 5_000, topicData });
  const result = expectAnswer(answer).responses[0]?.partitionResponses[0];
  if (result?.errorCode === ErrorCode.NONE && result.baseOffset === baseOffset(batch)) return;
  const got = `${errorName(result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR)} ${result?.baseOffset}`;
  violated(`${truth.rules.name}: the batch at ${baseOffset(batch)}, sent again, got ${got}`);
}
