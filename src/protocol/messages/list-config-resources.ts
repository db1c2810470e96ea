/**
 * Names of the resources that have settings (KIP-1142).
 *
 * - v0: client metrics resources (KIP-714), then under another name. v1: every type, or the types asked for.
 */
import { api, array, int8, int16, int32, string } from '../schema.ts';

export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: '0-1',
  flexible: '0+',
  request: {
    resourceTypes: array(int8(), { versions: '1+' }),
  },

  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array({ resourceName: string(), resourceType: int8({ versions: '1+', default: 16 }) }),
  },
});
