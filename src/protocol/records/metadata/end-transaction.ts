/** Ends a run of metadata records: they all take effect now (KIP-868). */
import { metadataRecord } from '../metadata-record.ts';

export const EndTransactionRecord = metadataRecord({
  type: 24,
  name: 'EndTransactionRecord',
  versions: '0',
  fields: {},
});
