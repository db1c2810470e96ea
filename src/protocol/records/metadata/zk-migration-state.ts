/** How far a migration from ZooKeeper has come (KIP-866). Read from old logs, never written. */
import { int8 } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const ZkMigrationStateRecord = metadataRecord({
  type: 21,
  name: 'ZkMigrationStateRecord',
  versions: '0',
  fields: { zkMigrationState: int8() },
});
