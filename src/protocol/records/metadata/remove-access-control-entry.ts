/** Removes an access rule by its id. */
import { uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const RemoveAccessControlEntryRecord = metadataRecord({
  type: 19,
  name: 'RemoveAccessControlEntryRecord',
  versions: '0',
  fields: { id: uuid() },
});
