/** Topics for the benchmarks, and settings that change meanwhile. */
import { CreateTopics } from '../../src/protocol/messages/create-topics.ts';
import { IncrementalAlterConfigs } from '../../src/protocol/messages/incremental-alter-configs.ts';
import { ListOffsets } from '../../src/protocol/messages/list-offsets.ts';
import type { LoadClient } from './client.ts';

const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;
const SET = 0;
const WRITABLE_MS_MAX = 30_000;

/** Creates a topic, of one partition unless more are asked for, and waits until all can be written to. */
export async function createTopic(
  client: LoadClient,
  name: string,
  configs: Readonly<Record<string, string>> = {},
  numPartitions = 1,
): Promise<void> {
  const { topics } = await client.request(CreateTopics, 7, {
    topics: [
      {
        name,
        numPartitions,
        replicationFactor: 1,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 30_000,
  });
  const errorCode = topics[0]?.errorCode;
  if (errorCode !== 0) throw new Error(`topic ${name} was not created: error ${errorCode}`);
  const deadline = performance.now() + WRITABLE_MS_MAX;
  while (!(await isWritable(client, name, numPartitions))) {
    if (performance.now() > deadline) throw new Error(`topic ${name} was created and cannot be written to`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function isWritable(client: LoadClient, name: string, numPartitions: number): Promise<boolean> {
  const partitions = Array.from({ length: numPartitions }, (_, index) => ({ partitionIndex: index, timestamp: -1 }));
  const { topics } = await client.request(ListOffsets, 7, { replicaId: -1, topics: [{ name, partitions }] });
  return topics[0]?.partitions.every(({ errorCode }) => errorCode === 0) === true;
}

/** Sets one setting of a topic, or of all brokers. */
export async function setConfig(
  client: LoadClient,
  resource: { topic: string } | 'brokers',
  [name, value]: readonly [string, string],
): Promise<void> {
  const [resourceType, resourceName] =
    resource === 'brokers' ? [BROKER_RESOURCE, ''] : [TOPIC_RESOURCE, resource.topic];
  const configs = [{ name, configOperation: SET, value }];
  const request = { resources: [{ resourceType, resourceName, configs }], validateOnly: false };
  const { responses } = await client.request(IncrementalAlterConfigs, 1, request);
  const errorCode = responses[0]?.errorCode;
  if (errorCode !== 0) throw new Error(`${name} was not set: error ${errorCode}`);
}
