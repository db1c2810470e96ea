/** Holds a topic, as a broker describes it, against what its metadata has promised. False: nobody answered. */
import { ErrorCode } from '../../src/protocol/error-code.ts';
import { DescribeConfigs } from '../../src/protocol/messages/describe-configs.ts';
import { Metadata } from '../../src/protocol/messages/metadata.ts';
import type { Client } from '../clients/client.ts';
import type { MetadataTruth } from './metadata-truth.ts';

const TOPIC_RESOURCE = 2;
const TOPIC_CONFIG = 1;

export async function lookAtTopic(client: Client, truth: MetadataTruth, name: string): Promise<boolean> {
  const answer = await client.request(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
  const topic = answer?.topics[0];
  if (topic === undefined) return false;
  const exists = topic.errorCode === ErrorCode.NONE;
  truth.seen(name, exists ? { id: topic.topicId, partitions: topic.partitions.length } : undefined);
  return true;
}

/** Also when the topic is gone. */
export async function lookAtSettings(client: Client, truth: MetadataTruth, name: string): Promise<boolean> {
  const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }];
  const answer = await client.request(DescribeConfigs, 4, { resources });
  const described = answer?.results[0];
  if (described === undefined) return false;
  if (described.errorCode !== ErrorCode.NONE) return true;
  const own = described.configs.filter(({ configSource }) => configSource === TOPIC_CONFIG);
  truth.settingsSeen(name, new Map(own.map((config) => [config.name, config.value])));
  return true;
}
