/** Begins a run of metadata records that take effect together or not at all (KIP-868). */
import { string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const BeginTransactionRecord = metadataRecord({
  type: 23,
  name: 'BeginTransactionRecord',
  versions: '0',
  fields: { name: string({ nullable: true, tag: 0, default: null }) },
});
