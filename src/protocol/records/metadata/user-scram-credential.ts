/** Sets a user's SCRAM credential of one mechanism (KIP-554). */
import { bytes, int8, int32, string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const UserScramCredentialRecord = metadataRecord({
  type: 11,
  name: 'UserScramCredentialRecord',
  versions: '0',
  fields: {
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  },
});
