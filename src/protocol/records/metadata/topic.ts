/** Creates a topic: its name and its id. Partitions follow as records of their own. */
import { string, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const TopicRecord = metadataRecord({
  type: 2,
  name: 'TopicRecord',
  versions: '0',
  fields: { name: string(), topicId: uuid() },
});
