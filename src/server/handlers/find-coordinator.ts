/**
 * FindCoordinator v0–6: the broker that owns a group, a transactional id or a share partition.
 *
 * v1 added transactions and a message, v3 is flexible, v4 asks for several keys at once (KIP-699), v5 allows TRANSACTION_ABORTABLE in answers (KIP-890), v6 knows
 * share partitions (`group:topicId:partition`, KIP-932).
 *
 * The first question for a kind of coordinator creates its internal topic. Differs from Apache Kafka: the answer waits until the topic is there, where
 * Kafka says COORDINATOR_NOT_AVAILABLE and is asked again.
 */
import { coordinatorPartition } from '../../base/java-hash.ts';
import { CONSUMER_OFFSETS, SHARE_GROUP_STATE, TRANSACTION_STATE } from '../../metadata/topic-name.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import { brokerAddress } from '../broker-addresses.ts';
import { handler, type RequestContext } from '../handler.ts';

type Coordinator = NonNullable<ResponseOf<typeof FindCoordinator>['coordinators']>[number];

const BATCHED_VERSION = 4;
const SHARE_VERSION = 6;
const SHARE_KEY_TYPE = 2;
/** The internal topic behind each key type. */
const topicsByKeyType = new Map([
  [0, CONSUMER_OFFSETS],
  [1, TRANSACTION_STATE],
  [SHARE_KEY_TYPE, SHARE_GROUP_STATE],
]);

export const findCoordinator = handler(FindCoordinator, async (request, context) => {
  const { keyType } = request;
  if (context.apiVersion >= BATCHED_VERSION) {
    return { coordinators: await locateAll(context, keyType, request.coordinatorKeys) };
  }
  const [found] = await locateAll(context, keyType, [request.key]);
  return { ...found, errorMessage: found?.errorMessage || (found?.errorCode === ErrorCode.NONE ? 'NONE' : null) };
});

async function locateAll(
  context: RequestContext,
  keyType: number,
  keys: readonly string[],
): Promise<readonly Coordinator[]> {
  const topic = topicsByKeyType.get(keyType);
  if (topic === undefined || (keyType === SHARE_KEY_TYPE && context.apiVersion < BATCHED_VERSION)) {
    const errorMessage = `The key type ${keyType} is not one that this version of the request can ask for.`;
    return keys.map((key) => ({ ...nowhere(key, ErrorCode.INVALID_REQUEST), errorMessage }));
  }
  const isLegal = (key: string) =>
    keyType !== SHARE_KEY_TYPE || (context.apiVersion >= SHARE_VERSION && isSharePartition(key));
  if (keys.some(isLegal)) await context.broker.metadata.ensureTopic(topic);
  return keys.map((key) => (isLegal(key) ? locate(context, topic, key) : nowhere(key, ErrorCode.INVALID_REQUEST)));
}

function locate(context: RequestContext, topicName: string, key: string): Coordinator {
  const partitions = context.broker.metadata.image.topicByName(topicName)?.partitions;
  const partition = partitions?.[coordinatorPartition(key, partitions.length)];
  const address = partition === undefined ? undefined : brokerAddress(context, partition.leader);
  if (address === undefined) return nowhere(key, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const { nodeId, host, port } = address;
  return { key, nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: '' };
}

function nowhere(key: string, errorCode: ErrorCode): Coordinator {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage: '' };
}

function isSharePartition(key: string): boolean {
  const [groupId, topicId, partition, ...rest] = key.split(':');
  return (
    groupId !== '' && /^[\w-]{22}$/.test(topicId ?? '') && /^-?\d{1,10}$/.test(partition ?? '') && rest.length === 0
  );
}
