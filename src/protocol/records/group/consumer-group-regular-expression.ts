/** The topics that a regular expression of a consumer group has resolved to (KIP-848). */
import { array, int64, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ConsumerGroupRegularExpression = coordinatorRecord({
  type: 16,
  name: 'ConsumerGroupRegularExpression',
  key: { groupId: string(), regularExpression: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      topics: array(string()),
      version: int64(),
      timestamp: int64(),
    },
  },
});
