/**
 * ApiVersions v0–4: which APIs and versions this broker serves, and its features.
 *
 * v3 (KIP-511) brought the client's software name and version, v3 also the features (KIP-584). v4 (KIP-1022) lists supported features whose lowest
 * version is 0, which older clients cannot read. A version that is not known is answered by the dispatcher.
 *
 * Differs from Apache Kafka: the list says what Ottla serves. A feature is there when the APIs are that it stands for; `metadata.version`,
 * `kraft.version` and `eligible.leader.replicas.version` speak of parts that do not exist here and are not listed.
 */
import type { Feature } from '../../metadata/features.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ApiVersions } from '../../protocol/messages/api-versions.ts';
import { Produce } from '../../protocol/messages/produce.ts';
import { type Handler, handler } from '../handler.ts';

/** librdkafka takes a broker that does not list Produce v0 for one that cannot decompress, and sends it nothing compressed. */
const PRODUCE_ADVERTISED_MIN = 0;
/** The version of ApiVersions whose readers accept a feature that begins at 0. */
const FEATURES_FROM_ZERO = 4;
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** `others`: every other handler of the broker. */
export function apiVersions(others: readonly Handler[], features: readonly Feature[]): Handler {
  const served = [...others.map(({ api }) => api), ApiVersions].toSorted((a, b) => a.key - b.key);
  const apiKeys = served.map(({ key, versions }) => ({
    apiKey: key,
    minVersion: key === Produce.key ? PRODUCE_ADVERTISED_MIN : versions.min,
    maxVersion: versions.max,
  }));
  const supportedFeatures = features.map(({ name, maxLevel }) => ({ name, minVersion: 0, maxVersion: maxLevel }));

  return handler(ApiVersions, (request, { apiVersion, connection, broker: { metadata } }) => {
    const { clientSoftwareName, clientSoftwareVersion } = request;
    if (apiVersion >= 3) {
      const isValid = SOFTWARE_NAME.test(clientSoftwareName) && SOFTWARE_NAME.test(clientSoftwareVersion);
      if (!isValid) return { errorCode: ErrorCode.INVALID_REQUEST };
      connection.clientSoftwareName = clientSoftwareName;
      connection.clientSoftwareVersion = clientSoftwareVersion;
    }
    return {
      errorCode: ErrorCode.NONE,
      apiKeys,
      supportedFeatures: apiVersion >= FEATURES_FROM_ZERO ? supportedFeatures : [],
      // Clients believe the highest epoch that they have seen.
      finalizedFeaturesEpoch: metadata.position,
      finalizedFeatures: features
        .map((feature) => ({ name: feature.name, level: metadata.featureLevel(feature) }))
        .filter(({ level }) => level > 0)
        .map(({ name, level }) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
    };
  });
}
