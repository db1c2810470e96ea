/**
 * All state of a broker that clients can ask for, as one text: topics, their settings, where partitions begin and end, committed offsets. A broker that has
 * nothing to do has the same after a restart, because everything in memory is made from logs (invariant I9).
 */
import { DescribeConfigs } from '../../src/protocol/messages/describe-configs.ts';
import { Metadata } from '../../src/protocol/messages/metadata.ts';
import { OffsetFetch } from '../../src/protocol/messages/offset-fetch.ts';
import { type Client, expectAnswer } from '../clients/client.ts';
import { listOffset } from '../clients/read.ts';
import { GROUP } from '../workloads/group-member.ts';
import type { SimPartition } from '../workloads/topics.ts';
import { violated } from '../world/world.ts';

const TOPIC_RESOURCE = 2;
const TOPIC_CONFIG = 1;
const RETRIES = 20;

export interface BrokerState {
  readonly lines: readonly string[];
}

export async function readState(client: Client, partitions: readonly SimPartition[]): Promise<BrokerState> {
  const lines: string[] = [];
  const { topics } = expectAnswer(await client.request(Metadata, 12, { topics: null }));
  for (const { name, topicId, partitions: all } of topics) {
    lines.push(`topic ${name} ${topicId} with ${all.length} partitions`);
    lines.push(...(await settingsOf(client, name ?? '')));
  }
  for (const partition of partitions) {
    for (const timestamp of [-1, -2, -3]) {
      const found = expectAnswer(await listOffset(client, partition, timestamp));
      lines.push(`${partition.truth.rules.name} at ${timestamp}: ${found.offset} ${found.timestamp}`);
    }
  }
  lines.push(...(await committedOffsets(client)));
  return { lines: lines.sort() };
}

export function checkSameState(before: BrokerState, after: BrokerState, when: string): void {
  for (const line of before.lines) if (!after.lines.includes(line)) violated(`${when}, this is gone: ${line}`);
  for (const line of after.lines) if (!before.lines.includes(line)) violated(`${when}, this is new: ${line}`);
}

async function settingsOf(client: Client, topic: string): Promise<readonly string[]> {
  const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: null }];
  const { results } = expectAnswer(await client.request(DescribeConfigs, 4, { resources }));
  const own = (results[0]?.configs ?? []).filter(({ configSource }) => configSource === TOPIC_CONFIG);
  return own.map(({ name, value }) => `setting ${topic} ${name} = ${value}`);
}

/** The coordinator may be reading its log. */
async function committedOffsets(client: Client): Promise<readonly string[]> {
  for (let attempt = 0; attempt < RETRIES; attempt += 1) {
    const answer = expectAnswer(await client.request(OffsetFetch, 8, { groups: [{ groupId: GROUP, topics: null }] }));
    const group = answer.groups[0];
    if (group === undefined || group.errorCode !== 0) continue;
    return group.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => `committed ${name}-${partitionIndex} ${committedOffset}`),
    );
  }
  return violated('the coordinator does not answer, although nothing fails');
}
