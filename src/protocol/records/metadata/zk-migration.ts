/**
 * ZkMigrationRecord.
 */
import { int8 } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const ZkMigrationRecord = metadataRecord({
  type: 21,
  name: 'ZkMigrationRecord',
  versions: '0',
  fields: { zkMigrationState: int8() },
});
