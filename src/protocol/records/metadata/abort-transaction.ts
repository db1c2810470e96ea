/** Ends a run of metadata records by undoing them (KIP-868). */
import { string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const AbortTransactionRecord = metadataRecord({
  type: 25,
  name: 'AbortTransactionRecord',
  versions: '0',
  fields: { reason: string({ nullable: true, tag: 0, default: null }) },
});
