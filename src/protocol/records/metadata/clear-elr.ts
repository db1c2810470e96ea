/** Forgets the eligible leader replicas of a topic, or of all topics when no name is given (KIP-966). */
import { string } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const ClearElrRecord = metadataRecord({
  type: 28,
  name: 'ClearElrRecord',
  versions: '0',
  fields: { topicName: string() },
});
