/**
 * What the broker speaks: the first request of a connection. An unknown version is answered in the layout of v0.
 *
 * - v1: throttle time. v2: throttling happens after the answer. v3: flexible except for the response header; the
 *   client's name and version (KIP-511), features (KIP-584).
 * - v4: features whose lowest version is 0 are listed too (KIP-1022).
 */
import { api, array, bool, int16, int32, int64, string } from '../schema.ts';

export const ApiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  request: {
    clientSoftwareName: string({ versions: '3+' }),
    clientSoftwareVersion: string({ versions: '3+' }),
  },

  response: {
    errorCode: int16(),
    apiKeys: array({ apiKey: int16(), minVersion: int16(), maxVersion: int16() }),
    throttleTimeMs: int32({ versions: '1+' }),
    supportedFeatures: array({ name: string(), minVersion: int16(), maxVersion: int16() }, { versions: '3+', tag: 0 }),
    finalizedFeaturesEpoch: int64({ versions: '3+', tag: 1, default: -1 }),
    finalizedFeatures: array(
      { name: string(), maxVersionLevel: int16(), minVersionLevel: int16() },
      { versions: '3+', tag: 2 },
    ),
    zkMigrationReady: bool({ versions: '3+', tag: 3 }),
  },
});
