/** Sets the level of a feature; 0 takes it away (KIP-584). */
import { int16, string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const FeatureLevelRecord = metadataRecord({
  type: 12,
  name: 'FeatureLevelRecord',
  versions: '0',
  fields: { name: string(), featureLevel: int16() },
});
