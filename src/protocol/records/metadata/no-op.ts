/** Says nothing: written so that the log moves while nothing happens (KIP-835). */
import { metadataRecord } from '../metadata-record.ts';

export const NoOpRecord = metadataRecord({
  type: 20,
  name: 'NoOpRecord',
  versions: '0',
  fields: {},
});
