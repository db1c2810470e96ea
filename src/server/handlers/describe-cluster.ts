/**
 * DescribeCluster v0–2: the brokers and the cluster's id (KIP-700).
 *
 * v1 lets a client ask for brokers or controllers (KIP-919). v2 tells fenced brokers (KIP-1073).
 *
 * Differs from Apache Kafka: every broker names itself as controller, because each can do what clients ask of one. No broker is ever fenced.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts';
import { ALL_CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from '../authorized-operations.ts';
import { brokerAddresses } from '../broker-addresses.ts';
import { handler } from '../handler.ts';

const BROKERS = 1;
const CONTROLLERS = 2;

export const describeCluster = handler(DescribeCluster, (request, context) => {
  const { broker } = context;
  const { endpointType } = request;
  if (endpointType === CONTROLLERS) {
    const errorMessage =
      'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER';
    return { errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE, errorMessage };
  }
  if (endpointType !== BROKERS) {
    const errorMessage = `Unsupported endpoint type ${endpointType}`;
    return { errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, errorMessage };
  }
  return {
    errorCode: ErrorCode.NONE,
    endpointType,
    clusterId: broker.metadata.clusterId,
    controllerId: broker.nodeId,
    brokers: brokerAddresses(context).map(({ nodeId, ...address }) => ({ brokerId: nodeId, ...address })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? ALL_CLUSTER_OPERATIONS
      : OPERATIONS_NOT_ASKED,
  };
});
