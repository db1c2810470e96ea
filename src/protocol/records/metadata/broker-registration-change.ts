/**
 * Changes parts of a broker's registration: fencing, controlled shutdown (KIP-841), log directories (KIP-858),
 * cordoned directories (KIP-1066).
 */
import { array, int8, int32, int64, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const BrokerRegistrationChangeRecord = metadataRecord({
  type: 17,
  name: 'BrokerRegistrationChangeRecord',
  versions: '0-3',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: int8({ tag: 0 }),
    inControlledShutdown: int8({ versions: '1+', tag: 1 }),
    logDirs: array(uuid(), { versions: '2+', tag: 2 }),
    cordonedLogDirs: array(uuid(), { versions: '3+', nullable: true, tag: 3, default: null }),
  },
});
