/**
 * ApiVersions v0–4: which APIs and versions this broker serves, and its features.
 *
 * v3 (KIP-511) brought the client's software name and version, v3 also the features (KIP-584). v4 (KIP-1022) lists supported features whose lowest
 * version is 0, which older clients cannot read. A version that is not known is answered by the dispatcher.
 *
 * Differs from Apache Kafka: the list says what Ottla serves. A feature is there when the APIs are that it stands for; `metadata.version`,
 * `kraft.version` and `eligible.leader.replicas.version` speak of parts that do not exist here and are not listed.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { ApiVersions } from '../../protocol/messages/api-versions.ts';
import { Produce } from '../../protocol/messages/produce.ts';
import { type Handler, handler } from '../handler.ts';

/** librdkafka takes a broker that does not list Produce v0 for one that cannot decompress, and sends it nothing compressed. */
const PRODUCE_ADVERTISED_MIN = 0;
/** The version of ApiVersions whose readers accept a feature that begins at 0. */
const FEATURES_FROM_ZERO = 4;
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** What a feature level promises: an API, from the version on that belongs to it. */
const FEATURES = [
  { name: 'group.version', level: 1, apiKey: 68, apiVersion: 0 },
  { name: 'share.version', level: 1, apiKey: 76, apiVersion: 1 },
  { name: 'streams.version', level: 1, apiKey: 88, apiVersion: 0 },
  { name: 'transaction.version', level: 2, apiKey: 26, apiVersion: 5 },
] as const;

/** `others`: every other handler of the broker. */
export function apiVersions(others: readonly Handler[]): Handler {
  const served = [...others.map(({ api }) => api), ApiVersions].toSorted((a, b) => a.key - b.key);
  const apiKeys = served.map(({ key, versions }) => ({
    apiKey: key,
    minVersion: key === Produce.key ? PRODUCE_ADVERTISED_MIN : versions.min,
    maxVersion: versions.max,
  }));
  const features = FEATURES.filter(({ apiKey, apiVersion }) =>
    served.some(({ key, versions }) => key === apiKey && versions.max >= apiVersion),
  );
  const supportedFeatures = features.map(({ name, level }) => ({ name, minVersion: 0, maxVersion: level }));
  const finalizedFeatures = features.map(({ name, level }) => ({
    name,
    minVersionLevel: level,
    maxVersionLevel: level,
  }));
  // The features of a broker change only with its program, so there is one epoch. Without features there is none.
  const finalizedFeaturesEpoch = features.length > 0 ? 0 : -1;

  return handler(ApiVersions, (request, { apiVersion, connection }) => {
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
      finalizedFeaturesEpoch,
      finalizedFeatures,
    };
  });
}
