/**
 * ListConfigResources v0–1: what has settings that can be described.
 *
 * v0 lists client metrics subscriptions only (KIP-714). v1 lists the kinds that are asked for, none meaning all (KIP-1142): every topic and broker, and
 * the groups and subscriptions that have settings of their own. Differs from Apache Kafka: nothing known.
 */
import { ConfigResourceType } from '../../metadata/config-resource.ts';
import type { MetadataImage } from '../../metadata/metadata-image.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts';
import { handler } from '../handler.ts';

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = ConfigResourceType;

export const listConfigResources = handler(ListConfigResources, ({ resourceTypes }, { apiVersion, broker }) => {
  const wanted = apiVersion === 0 ? [CLIENT_METRICS] : resourceTypes;
  const kinds = wanted.length === 0 ? [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] : [...new Set(wanted)];
  const names = kinds.map((resourceType) => ({ resourceType, names: namesOf(resourceType, broker.metadata.image) }));
  if (names.some((kind) => kind.names === undefined)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION };
  return {
    errorCode: ErrorCode.NONE,
    configResources: names.flatMap((kind) =>
      Array.from(kind.names ?? [], (resourceName) => ({ resourceName, resourceType: kind.resourceType })),
    ),
  };
});

/** Undefined: there is no such kind. */
function namesOf(resourceType: number, image: MetadataImage): Iterable<string> | undefined {
  switch (resourceType) {
    case TOPIC:
      return Array.from(image.topics(), ({ name }) => name);
    case BROKER:
    case BROKER_LOGGER:
      return Array.from(image.brokers.keys(), String);
    case CLIENT_METRICS:
    case GROUP:
      return image.configuredResources(resourceType);
    default:
      return undefined;
  }
}
