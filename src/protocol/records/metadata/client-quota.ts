/** Sets or removes one quota of a user, a client id, an address, or a combination (KIP-546). */
import { array, bool, float64, string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const ClientQuotaRecord = metadataRecord({
  type: 14,
  name: 'ClientQuotaRecord',
  versions: '0',
  fields: {
    entity: array({ entityType: string(), entityName: string({ nullable: true }) }),
    key: string(),
    value: float64(),
    remove: bool(),
  },
});
