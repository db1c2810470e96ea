/** A controller has started: its addresses and features (KIP-919). */
import { array, bool, int16, int32, string, uint16, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const RegisterControllerRecord = metadataRecord({
  type: 27,
  name: 'RegisterControllerRecord',
  versions: '0',
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({ name: string(), minSupportedVersion: int16(), maxSupportedVersion: int16() }),
  },
});
