/** A consumer without a group: reads one partition from its start on, over and over, and holds what it sees against the truth. */
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import type { Client } from '../clients/client.ts';
import { fetchFrom, listOffset } from '../clients/read.ts';
import { violated, type World } from '../world/world.ts';
import type { SimPartition } from './topics.ts';

const PAUSE_MS_MAX = 100;
const MAX_WAIT_MS = 300;

const again = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

export async function consume(world: World, client: Client, partition: SimPartition): Promise<void> {
  const { random } = world;
  let position = 0;
  while (!world.isDraining) {
    position = await consumeOnce(client, partition, { position, bytesMax: random.between(1, 5_000) });
    if (random.chance(0.02)) position = random.between(Math.min(position, partition.truth.logStartPromised), position);
    await world.sleep(random.next() * PAUSE_MS_MAX);
  }
}

async function consumeOnce(
  client: Client,
  partition: SimPartition,
  { position, bytesMax }: { position: number; bytesMax: number },
): Promise<number> {
  const { truth } = partition;
  const since = truth.now;
  const fetched = await fetchFrom(client, partition, { offset: position, maxWaitMs: MAX_WAIT_MS, bytesMax });
  if (fetched === undefined || again.has(fetched.errorCode)) return position;
  const { errorCode, records, highWatermark, logStart } = fetched;
  if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return resetPosition(client, partition, position);
  if (errorCode !== ErrorCode.NONE) violated(`${truth.rules.name}: a fetch is refused with ${errorName(errorCode)}`);
  truth.bounds({ logStart, highWatermark }, since);
  for (const { offset, id } of records) truth.read(offset, id);
  if (records.length > 0) client.note(`read ${truth.rules.name} ${position} to ${fetched.nextOffset - 1}`);
  return fetched.nextOffset;
}

/** The position is below the log's start, or what was read from there went with the power. */
async function resetPosition(client: Client, partition: SimPartition, position: number): Promise<number> {
  const start = await listOffset(client, partition, -2);
  if (start === undefined) return position;
  const { rules } = partition.truth;
  if (start.offset <= position && rules.readsAreDurable) {
    const end = await listOffset(client, partition, -1);
    if (end !== undefined && end.offset < position) violated(`${rules.name}: ends at ${end.offset}, below ${position}`);
  }
  client.note(`resets ${rules.name} from ${position} to ${start.offset}`);
  partition.truth.checkStart(start.offset);
  return start.offset;
}
