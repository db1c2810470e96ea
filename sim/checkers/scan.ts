/**
 * Reads a whole partition as a client can, while nobody writes, and compares: every promise with what is there, and what indexes answer (offsets by time, fetches
 * from the middle of the log) with what the scan found.
 */
import { baseOffset, lastOffset } from '../../src/protocol/batch/header.ts';
import { type Client, expectAnswer } from '../clients/client.ts';
import { type Fetched, fetchFrom, listOffset, type SeenRecord } from '../clients/read.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SimPartition } from '../workloads/topics.ts';
import { violated } from '../world/world.ts';
import { checkOrder } from './order.ts';

const LOOKUPS = 8;

export interface Scan {
  readonly logStart: number;
  readonly endOffset: number;
  readonly records: readonly SeenRecord[];
  readonly batches: readonly Uint8Array[];
}

/** The log start and the end must not move meanwhile. */
export async function scanPartition(client: Client, partition: SimPartition): Promise<Scan> {
  const logStart = expectAnswer(await listOffset(client, partition, -2)).offset;
  const endOffset = expectAnswer(await listOffset(client, partition, -1)).offset;
  const scan = { logStart, endOffset, records: [] as SeenRecord[], batches: [] as Uint8Array[] };
  for (let offset = logStart; offset < endOffset; ) {
    const fetched = await fetchAt(client, partition, offset);
    if (fetched.nextOffset === offset) violated(`${partition.truth.rules.name}: nothing can be read at ${offset}`);
    scan.records.push(...fetched.records);
    scan.batches.push(...fetched.batches);
    offset = fetched.nextOffset;
  }
  return scan;
}

export async function checkPartition(client: Client, partition: SimPartition, random: SeededRandom): Promise<void> {
  const { truth } = partition;
  const scan = await scanPartition(client, partition);
  const { name, isCompacted, readsAreDurable } = truth.rules;
  client.note(`scanned ${name}: ${scan.logStart} to ${scan.endOffset}, ${scan.records.length} records`);
  truth.checkScan(idsByOffset(scan), scan.logStart);
  checkOrder(
    name,
    scan.records.map(({ id }) => id),
    { mayHaveGaps: isCompacted || !readsAreDurable },
  );
  await checkLookups(client, partition, scan, random);
}

export function idsByOffset({ records }: Scan): ReadonlyMap<number, string> {
  return new Map(records.map(({ offset, id }) => [offset, id]));
}

/** What indexes answer is what the scan has found. */
export async function checkLookups(
  client: Client,
  partition: SimPartition,
  scan: Scan,
  random: SeededRandom,
): Promise<void> {
  for (let lookup = 0; lookup < LOOKUPS; lookup += 1) {
    await checkTime(client, partition, scan, random);
    await checkMiddle(client, partition, scan, random);
  }
  await checkLatestTime(client, partition, scan);
}

async function fetchAt(client: Client, partition: SimPartition, offset: number): Promise<Fetched> {
  const wanted = { offset, maxWaitMs: 0, bytesMax: 20_000 };
  const fetched = expectAnswer(await fetchFrom(client, partition, wanted));
  if (fetched.errorCode !== 0) violated(`${partition.truth.rules.name}: error ${fetched.errorCode} at ${offset}`);
  return fetched;
}

/** The offset of a time is that of the first record that is as late. */
async function checkTime(client: Client, partition: SimPartition, scan: Scan, random: SeededRandom): Promise<void> {
  const some = scan.records[random.below(scan.records.length)];
  if (some === undefined) return;
  const wanted = some.timestamp - random.below(3);
  const expected = scan.records.find(({ timestamp }) => timestamp >= wanted);
  const found = expectAnswer(await listOffset(client, partition, wanted));
  if (found.offset !== expected?.offset || found.timestamp !== expected.timestamp) {
    const { name } = partition.truth.rules;
    violated(`${name}: time ${wanted} is at ${found.offset} by the index and at ${expected?.offset} by a scan`);
  }
}

/** A record that was deleted, in a segment that is still there, may be the latest, as in Apache Kafka. */
async function checkLatestTime(client: Client, partition: SimPartition, scan: Scan): Promise<void> {
  const latest = Math.max(-1, ...scan.records.map(({ timestamp }) => timestamp));
  const found = expectAnswer(await listOffset(client, partition, -3));
  if (found.timestamp !== latest && found.offset >= scan.logStart) {
    violated(`${partition.truth.rules.name}: the latest time is ${latest}, the broker says ${found.timestamp}`);
  }
}

/** A fetch from anywhere begins with the batch that has the offset, with the bytes that the scan saw. */
async function checkMiddle(client: Client, partition: SimPartition, scan: Scan, random: SeededRandom): Promise<void> {
  if (scan.endOffset === scan.logStart) return;
  const offset = random.between(scan.logStart, scan.endOffset - 1);
  const [first] = (await fetchAt(client, partition, offset)).batches;
  const expected = scan.batches.find((batch) => lastOffset(batch) >= offset);
  if (first === undefined || expected === undefined || Buffer.compare(first, expected) !== 0) {
    const at = first === undefined ? 'nothing' : `the batch at ${baseOffset(first)}`;
    violated(`${partition.truth.rules.name}: a fetch from ${offset} gives ${at}, not what a scan sees there`);
  }
}
