/**
 * Deletes groups that have no members, with their offsets (KIP-229).
 *
 * - v1: throttling happens after the answer. v2: flexible.
 */
import { api, array, int16, int32, string } from '../schema.ts';

export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-2',
  flexible: '2+',
  request: {
    groupsNames: array(string()),
  },

  response: {
    throttleTimeMs: int32(),
    results: array({ groupId: string(), errorCode: int16() }),
  },
});
