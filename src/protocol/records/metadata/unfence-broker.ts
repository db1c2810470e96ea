/** Puts a broker into service. Replaced by BrokerRegistrationChange, still read. */
import { int32, int64 } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const UnfenceBrokerRecord = metadataRecord({
  type: 8,
  name: 'UnfenceBrokerRecord',
  versions: '0',
  fields: { id: int32(), epoch: int64() },
});
