/**
 * Raises or lowers the cluster's feature levels (KIP-584).
 *
 * - v1: may only validate; the kind of downgrade that is allowed (KIP-778). v2: one error for all features instead
 *   of one each (KIP-1022).
 */
import { api, array, bool, int8, int16, int32, string } from '../schema.ts';

export const UpdateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-2',
  flexible: '0+',
  request: {
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool({ versions: '0' }),
      upgradeType: int8({ versions: '1+', default: 1 }),
    }),
    validateOnly: bool({ versions: '1+' }),
  },

  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    results: array(
      { feature: string(), errorCode: int16(), errorMessage: string({ nullable: true }) },
      { versions: '0-1' },
    ),
  },
});
