/** Strikes a broker from the cluster's list. */
import { int32, int64 } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const UnregisterBrokerRecord = metadataRecord({
  type: 1,
  name: 'UnregisterBrokerRecord',
  versions: '0',
  fields: { brokerId: int32(), brokerEpoch: int64() },
});
