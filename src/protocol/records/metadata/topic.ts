/**
 * TopicRecord.
 */
import { string, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const TopicRecord = metadataRecord({
  type: 2,
  name: 'TopicRecord',
  versions: '0',
  fields: { name: string(), topicId: uuid() },
});
