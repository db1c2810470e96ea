/** Sets one setting of a resource; a null value takes it away. */
import { int8, string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const ConfigRecord = metadataRecord({
  type: 4,
  name: 'ConfigRecord',
  versions: '0',
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: string({ nullable: true }),
  },
});
