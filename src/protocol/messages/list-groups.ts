/**
 * The groups that this broker coordinates, of every kind.
 *
 * - v1: throttle time. v2: throttling happens after the answer. v3: flexible. v4: filter by state (KIP-518). v5:
 *   filter by type (KIP-848).
 */
import { api, array, int16, int32, string } from '../schema.ts';

export const ListGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: '0-5',
  flexible: '3+',
  request: {
    statesFilter: array(string(), { versions: '4+' }),
    typesFilter: array(string(), { versions: '5+' }),
  },

  response: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ versions: '4+' }),
      groupType: string({ versions: '5+' }),
    }),
  },
});
