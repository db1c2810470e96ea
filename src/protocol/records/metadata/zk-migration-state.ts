/**
 * ZkMigrationStateRecord.
 */
import { int8 } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const ZkMigrationStateRecord = metadataRecord({
  type: 21,
  name: 'ZkMigrationStateRecord',
  versions: '0',
  fields: { zkMigrationState: int8() },
});
