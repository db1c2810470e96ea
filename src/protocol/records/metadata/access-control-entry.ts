/** Adds an access rule under an id. */
import { int8, string, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const AccessControlEntryRecord = metadataRecord({
  type: 18,
  name: 'AccessControlEntryRecord',
  versions: '0',
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
});
