/**
 * Where clients are sent. For this broker it is the address that the client's own listener advertises (or the one it connected to); for others
 * it is what they registered for a listener of the same name, because that is the network in which the client lives.
 */
import type { RequestContext } from './handler.ts';

export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Brokers that have no address on the client's listener are left out. In order of their ids. */
export function brokerAddresses(context: RequestContext): readonly BrokerAddress[] {
  return [...context.broker.metadata.image.brokers.keys()]
    .sort((left, right) => left - right)
    .map((nodeId) => brokerAddress(context, nodeId))
    .filter((address) => address !== undefined);
}

/** Undefined when the broker is not known, or has no address on the client's listener. */
export function brokerAddress({ broker, connection }: RequestContext, nodeId: number): BrokerAddress | undefined {
  const registration = broker.metadata.image.brokers.get(nodeId);
  if (registration === undefined) return undefined;
  const { rack } = registration;
  if (nodeId === broker.nodeId) {
    return { nodeId, host: connection.advertisedHost, port: connection.advertisedPort, rack };
  }
  const endPoint = registration.endPoints.find(({ name }) => name === connection.listenerName);
  return endPoint === undefined ? undefined : { nodeId, host: endPoint.host, port: endPoint.port, rack };
}
