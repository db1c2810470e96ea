/** Checks a whole broker of clients that was made of a backup: partitions, topics, committed offsets and producer ids are those of one moment between the backup's begin and its end. */
import { ErrorCode } from '../../src/protocol/error-code.ts';
import { InitProducerId } from '../../src/protocol/messages/init-producer-id.ts';
import { ListOffsets } from '../../src/protocol/messages/list-offsets.ts';
import { Metadata } from '../../src/protocol/messages/metadata.ts';
import { type Client, expectAnswer } from '../clients/client.ts';
import { checkFollowers } from '../workloads/follower.ts';
import { findCoordinator, readCommitted } from '../workloads/group-member.ts';
import type { SimTopic } from '../workloads/topics.ts';
import { violated, type World } from '../world/world.ts';
import type { GroupTruth } from './group-truth.ts';
import type { MetadataTruth } from './metadata-truth.ts';
import type { PartitionTruth } from './partition-truth.ts';
import { checkRestoredPartition, type RestoredPartition } from './restored-partition.ts';

/** Everything that was promised at one time. */
export interface Promises {
  /** Of all partitions, in their order. */
  readonly partitions: readonly PartitionTruth[];
  readonly metadata: MetadataTruth;
  readonly group: GroupTruth;
}

export interface RestoredBroker {
  readonly topics: readonly SimTopic[];
  readonly before: Promises;
  readonly after: Promises;
  readonly isDurable: boolean;
}

const RETRIES = 20;
const INTERNAL = new Set(['__consumer_offsets', '__transaction_state']);

export async function checkRestoredBroker(world: World, client: Client, restored: RestoredBroker): Promise<void> {
  const partitions = partitionsOf(restored);
  let producerIdMax = -1;
  for (const partition of partitions) {
    producerIdMax = Math.max(producerIdMax, await checkRestoredPartition(client, partition, world.random));
  }
  await checkTopics(client, restored);
  await findCoordinator(world, client);
  await checkGroup(client, restored);
  // Without durable acknowledgements a power loss before the backup may have taken records and left their followers.
  if (restored.isDurable) await checkFollowers(client, partitions);
  const { producerId } = await newProducer(client);
  if (producerId <= producerIdMax) violated(`producer id ${producerId} is given out again, ${producerIdMax} is in use`);
}

function partitionsOf({ topics, before, after }: RestoredBroker): readonly RestoredPartition[] {
  const all = topics.flatMap((topic) => topic.truths.map((truth, index) => ({ topic, index, truth })));
  return all.flatMap((partition, index) => {
    const [known, last] = [before.partitions[index], after.partitions[index]];
    return known === undefined || last === undefined ? [] : [{ ...partition, before: known, after: last }];
  });
}

async function checkTopics(client: Client, { topics, before, after, isDurable }: RestoredBroker): Promise<void> {
  const answer = expectAnswer(await client.request(Metadata, 12, { topics: null }));
  const found = new Map(answer.topics.map((topic) => [topic.name ?? '', topic]));
  for (const { name, id, partitions } of topics) {
    const topic = found.get(name);
    if (topic?.topicId !== id || topic.partitions.length !== partitions)
      violated(`${name} is another topic in the backup`);
    found.delete(name);
  }
  for (const name of after.metadata.names) {
    const topic = found.get(name);
    const seen = topic === undefined ? undefined : { id: topic.topicId, partitions: topic.partitions.length };
    before.metadata.restored(name, seen, after.metadata);
    if (topic !== undefined) await checkServes(client, name, { count: topic.partitions.length });
    if (topic !== undefined && isDurable && before.metadata.hasRecord(name)) await checkHasRecord(client, name);
    found.delete(name);
  }
  for (const name of found.keys()) if (!INTERNAL.has(name)) violated(`nobody knows the topic ${name} of the backup`);
}

async function checkServes(client: Client, name: string, { count }: { count: number }): Promise<void> {
  for (let index = 0; index < count; index += 1) await endOf(client, name, index);
}

async function checkHasRecord(client: Client, name: string): Promise<void> {
  if ((await endOf(client, name, 0)) === 0) violated(`${name} is in the backup, and its record is not`);
}

async function endOf(client: Client, name: string, partitionIndex: number): Promise<number> {
  const topics = [{ name, partitions: [{ partitionIndex, timestamp: -1 }] }];
  const answer = expectAnswer(await client.request(ListOffsets, 7, { replicaId: -1, topics }));
  const found = answer.topics[0]?.partitions[0];
  if (found?.errorCode !== ErrorCode.NONE) violated(`${name}-${partitionIndex}: error ${found?.errorCode}`);
  return found.offset;
}

/** The coordinator may be reading its log. */
async function checkGroup(client: Client, { topics, before }: RestoredBroker): Promise<void> {
  const [topic] = topics;
  if (topic === undefined) return;
  const partitions = [...topic.truths.keys()];
  for (let attempt = 0; attempt < RETRIES; attempt += 1) {
    if ((await readCommitted(client, before.group, { topic, partitions })) !== undefined) return;
  }
  violated('committed offsets cannot be read, although nothing fails');
}

async function newProducer(client: Client): Promise<{ producerId: number }> {
  const request = { transactionalId: null, transactionTimeoutMs: 0 };
  for (let attempt = 0; attempt < RETRIES; attempt += 1) {
    const answer = expectAnswer(await client.request(InitProducerId, 4, request));
    if (answer.errorCode === ErrorCode.NONE) return answer;
  }
  return violated('no producer id is given out, although nothing fails');
}
