/**
 * Replaces all settings of a resource: what is not named goes back to its default. IncrementalAlterConfigs
 * supersedes it (KIP-133).
 *
 * - v1: throttling happens after the answer. v2: flexible.
 */
import { api, array, bool, int8, int16, int32, string } from '../schema.ts';

export const AlterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: '0-2',
  flexible: '2+',
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({ name: string(), value: string({ nullable: true }) }),
    }),
    validateOnly: bool(),
  },

  response: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
});
