/**
 * EndTransactionRecord.
 */
import { metadataRecord } from '../metadata-record.ts';

export const EndTransactionRecord = metadataRecord({
  type: 24,
  name: 'EndTransactionRecord',
  versions: '0',
  fields: {},
});
