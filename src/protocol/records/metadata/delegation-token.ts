/** Creates or renews a delegation token (KIP-48). */
import { array, int64, string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const DelegationTokenRecord = metadataRecord({
  type: 10,
  name: 'DelegationTokenRecord',
  versions: '0',
  fields: {
    owner: string(),
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64(),
    maxTimestamp: int64(),
    expirationTimestamp: int64(),
    tokenId: string(),
  },
});
