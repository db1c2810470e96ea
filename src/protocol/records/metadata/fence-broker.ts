/** Takes a broker out of service. Replaced by BrokerRegistrationChange, still read. */
import { int32, int64 } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const FenceBrokerRecord = metadataRecord({
  type: 7,
  name: 'FenceBrokerRecord',
  versions: '0',
  fields: { id: int32(), epoch: int64() },
});
