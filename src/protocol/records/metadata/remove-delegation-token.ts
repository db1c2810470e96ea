/** Ends a delegation token. */
import { string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const RemoveDelegationTokenRecord = metadataRecord({
  type: 26,
  name: 'RemoveDelegationTokenRecord',
  versions: '0',
  fields: { tokenId: string() },
});
