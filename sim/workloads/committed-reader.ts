/** Reads the committed records of one partition, over and over while the world goes on, and holds what it sees against the truth. */
import { ErrorCode } from '../../src/protocol/error-code.ts';
import { ListOffsets } from '../../src/protocol/messages/list-offsets.ts';
import type { TransactionTruth } from '../checkers/transaction-truth.ts';
import { type Client, expectAnswer } from '../clients/client.ts';
import { type CommittedRecord, fetchCommitted, type PartitionPlace } from '../clients/read-committed.ts';
import { violated, type World } from '../world/world.ts';

const PAUSE_MS_MAX = 120;
const MAX_WAIT_MS = 300;
const LATEST = -1;
const EARLIEST = -2;

export async function readCommittedForEver(
  world: World,
  client: Client,
  { place, truth }: { place: PartitionPlace; truth: TransactionTruth },
): Promise<void> {
  const { random } = world;
  let offset = 0;
  while (!world.isDraining) {
    const since = truth.stableOffset(place.name);
    const wanted = { offset, maxWaitMs: MAX_WAIT_MS, bytesMax: random.between(1, 4_000) };
    const fetched = await fetchCommitted(client, place, wanted);
    if (fetched?.errorCode === ErrorCode.NONE) {
      truth.stableOffsetSeen(place.name, fetched, since);
      truth.read(place.name, offset, fetched);
      offset = random.chance(0.03) ? fetched.logStart : fetched.nextOffset;
    } else if (fetched?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      offset = Math.max(fetched.logStart, 0);
    }
    await world.sleep(random.next() * PAUSE_MS_MAX);
  }
}

/** Everything, while nobody writes. */
export async function readAllCommitted(client: Client, topic: string, place: PartitionPlace) {
  const endOffset = await latest(client, topic, place.index, 'committed');
  const records: CommittedRecord[] = [];
  const startOffset = () => listed(client, { topic, index: place.index, timestamp: EARLIEST, isolationLevel: 0 });
  let offset = await startOffset();
  while (offset < endOffset) {
    const fetched = expectAnswer(await fetchCommitted(client, place, { offset, maxWaitMs: 0, bytesMax: 20_000 }));
    if (fetched.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      // Retention came in between. What it must not take is found missing by the checker.
      const start = await startOffset();
      if (start <= offset) violated(`${place.name}: ${offset} is out of range, and the log starts at ${start}`);
      offset = start;
      continue;
    }
    if (fetched.errorCode !== ErrorCode.NONE) violated(`${place.name}: error ${fetched.errorCode} at ${offset}`);
    if (fetched.nextOffset === offset) violated(`${place.name}: nothing can be read at ${offset} below ${endOffset}`);
    records.push(...fetched.records);
    offset = fetched.nextOffset;
  }
  return records;
}

/** Where reading ends with this isolation. */
export function latest(client: Client, topic: string, index: number, isolation: 'committed' | 'uncommitted') {
  return listed(client, { topic, index, timestamp: LATEST, isolationLevel: isolation === 'committed' ? 1 : 0 });
}

async function listed(
  client: Client,
  {
    topic,
    index,
    timestamp,
    isolationLevel,
  }: { topic: string; index: number; timestamp: number; isolationLevel: number },
): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: index, timestamp }] }];
  const answer = expectAnswer(await client.request(ListOffsets, 7, { replicaId: -1, isolationLevel, topics }));
  const found = answer.topics[0]?.partitions[0];
  if (found?.errorCode !== ErrorCode.NONE) violated(`${topic}-${index}: error ${found?.errorCode} for an offset`);
  return found.offset;
}
