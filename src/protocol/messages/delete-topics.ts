/**
 * Deletes topics.
 *
 * - v1: throttle time. v2: throttling happens after the answer. v3: TOPIC_DELETION_DISABLED. v4: flexible. v5:
 *   error messages, THROTTLING_QUOTA_EXCEEDED (KIP-599).
 * - v6: by name or by id (KIP-516).
 */
import { api, array, int16, int32, string, uuid } from '../schema.ts';

export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexible: '4+',
  request: {
    topics: array({ name: string({ nullable: true, default: null }), topicId: uuid() }, { versions: '6+' }),
    topicNames: array(string(), { versions: '1-5' }),
    timeoutMs: int32(),
  },

  response: {
    throttleTimeMs: int32(),
    responses: array({
      name: string({ nullable: '6+' }),
      topicId: uuid({ versions: '6+' }),
      errorCode: int16(),
      errorMessage: string({ versions: '5+', nullable: true, default: null }),
    }),
  },
});
