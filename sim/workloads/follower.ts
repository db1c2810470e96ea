/**
 * Reads one partition and commits how far it has come, for a group without members. So a committed offset says that the records below it were there before: whatever has the one and not
 * the other is of no moment.
 */
import { ErrorCode } from '../../src/protocol/error-code.ts';
import { OffsetCommit } from '../../src/protocol/messages/offset-commit.ts';
import { OffsetFetch } from '../../src/protocol/messages/offset-fetch.ts';
import { type Client, expectAnswer } from '../clients/client.ts';
import { fetchFrom, listOffset } from '../clients/read.ts';
import { violated, type World } from '../world/world.ts';
import type { SimPartition } from './topics.ts';

const GROUP = 'followers';
const PAUSE_MS_MAX = 40;
const MAX_WAIT_MS = 100;
const BYTES_MAX = 5_000;
const RETRIES = 20;

export async function follow(world: World, client: Client, partition: SimPartition): Promise<void> {
  let offset = 0;
  while (!world.isDraining) {
    const fetched = await fetchFrom(client, partition, { offset, maxWaitMs: MAX_WAIT_MS, bytesMax: BYTES_MAX });
    if (fetched?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) offset = Math.max(0, fetched.logStart);
    if (fetched?.errorCode === ErrorCode.NONE && fetched.nextOffset > offset) {
      offset = fetched.nextOffset;
      await commit(client, partition, offset);
    }
    await world.sleep(world.random.next() * PAUSE_MS_MAX);
  }
}

async function commit(client: Client, { topic, index }: SimPartition, offset: number): Promise<void> {
  const partitions = [{ partitionIndex: index, committedOffset: offset, committedMetadata: '' }];
  const topics = [{ name: topic.name, partitions }];
  const group = { groupId: GROUP, generationIdOrMemberEpoch: -1, memberId: '' };
  await client.request(OffsetCommit, 9, { ...group, topics });
}

/** In a restored backup, where nobody writes. */
export async function checkFollowers(client: Client, partitions: readonly SimPartition[]): Promise<void> {
  for (const partition of partitions) {
    const { offset: endOffset } = expectAnswer(await listOffset(client, partition, -1));
    const committed = await committedOf(client, partition);
    if (committed <= endOffset) continue;
    violated(`${partition.truth.rules.name} ends at ${endOffset}, and its follower has read up to ${committed}`);
  }
}

/** The coordinator may be reading its log. */
async function committedOf(client: Client, { topic, index }: SimPartition): Promise<number> {
  const topics = [{ name: topic.name, partitionIndexes: [index] }];
  for (let attempt = 0; attempt < RETRIES; attempt += 1) {
    const answer = expectAnswer(await client.request(OffsetFetch, 8, { groups: [{ groupId: GROUP, topics }] }));
    const found = answer.groups[0]?.topics[0]?.partitions[0];
    if (answer.groups[0]?.errorCode === ErrorCode.NONE && found !== undefined) return found.committedOffset;
  }
  return violated('the coordinator of the followers does not answer, although nothing fails');
}
