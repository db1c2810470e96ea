/** Removes a topic with its partitions and settings. */
import { uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const RemoveTopicRecord = metadataRecord({
  type: 9,
  name: 'RemoveTopicRecord',
  versions: '0',
  fields: { topicId: uuid() },
});
