/**
 * CreatePartitions v0–3 (KIP-195).
 *
 * v1 changed what a throttled client does, v2 is flexible, v3 is for quota errors (KIP-599). Differs from Apache Kafka: nothing known.
 */
import { pairs } from '../../base/pairs.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts';
import { handler } from '../handler.ts';
import { splitDuplicates } from './duplicates.ts';
import { errorFields } from './error-fields.ts';

export const createPartitions = handler(CreatePartitions, async (request, { broker }) => {
  const { topics, timeoutMs, validateOnly } = request;
  if (timeoutMs <= 0) {
    return { results: topics.map(({ name }) => ({ name, errorCode: ErrorCode.REQUEST_TIMED_OUT })) };
  }
  const { unique, duplicates } = splitDuplicates(topics, ({ name }) => name);
  const results = await broker.metadata.createPartitions(unique, { validateOnly });
  return {
    results: [
      ...pairs(unique, results).map(([{ name }, result]) => ({ name, ...errorFields(result) })),
      ...duplicates.map((name) => ({
        name,
        errorCode: ErrorCode.INVALID_REQUEST,
        errorMessage: 'Duplicate topic name.',
      })),
    ],
  };
});
