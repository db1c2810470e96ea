/** Hands a block of producer ids to a broker: everything below `nextProducerId` is taken. */
import { int32, int64 } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const ProducerIdsRecord = metadataRecord({
  type: 15,
  name: 'ProducerIdsRecord',
  versions: '0',
  fields: { brokerId: int32(), brokerEpoch: int64({ default: -1 }), nextProducerId: int64() },
});
