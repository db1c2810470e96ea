/**
 * A broker has started: its addresses, features and rack. v1 added controlled shutdown (KIP-841), v2 the migration flag
 * (KIP-866), v3 log directories (KIP-858), v4 cordoned directories (KIP-1066).
 */
import { array, bool, int16, int32, int64, string, uint16, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const RegisterBrokerRecord = metadataRecord({
  type: 0,
  name: 'RegisterBrokerRecord',
  versions: '0-4',
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ versions: '2+' }),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({ name: string(), minSupportedVersion: int16(), maxSupportedVersion: int16() }),
    rack: string({ nullable: true }),
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ versions: '1+' }),
    logDirs: array(uuid(), { versions: '3+', tag: 0 }),
    cordonedLogDirs: array(uuid(), { versions: '4+', nullable: true, tag: 1, default: null }),
  },
});
