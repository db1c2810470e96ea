/** Removes a user's SCRAM credential of one mechanism (KIP-554). */
import { int8, string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const RemoveUserScramCredentialRecord = metadataRecord({
  type: 22,
  name: 'RemoveUserScramCredentialRecord',
  versions: '0',
  fields: { name: string(), mechanism: int8() },
});
