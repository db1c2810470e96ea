/**
 * Adds a voter to the quorum of the metadata log (KIP-853).
 *
 * - v1: the caller chooses whether the answer waits for the commit.
 */
import { api, array, bool, int16, int32, string, uint16, uuid } from '../schema.ts';

export const AddRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: '0-1',
  flexible: '0+',
  request: {
    clusterId: string({ nullable: true }),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({ name: string(), host: string(), port: uint16() }),
    ackWhenCommitted: bool({ versions: '1+', default: true }),
  },

  response: { throttleTimeMs: int32(), errorCode: int16(), errorMessage: string({ nullable: true }) },
});
