/**
 * DeleteRecords v0–2: moves the start of logs forward (KIP-107). v2 is flexible.
 *
 * Differs from Apache Kafka: the answer waits until the new start is on stable storage, so a crash does not bring deleted records back; for the same
 * reason the timeout does not matter.
 */
import type { Logger } from '../../base/env.ts';
import { inOrder } from '../../base/in-order.ts';
import { limits } from '../../base/limits.ts';
import { Slots } from '../../base/slots.ts';
import { isInternalTopic } from '../../metadata/topic-name.ts';
import type { Partition } from '../../partition/partition.ts';
import { errorOfFault, PartitionFault } from '../../partition/partition-fault.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DeleteRecords } from '../../protocol/messages/delete-records.ts';
import { handler, type RequestContext } from '../handler.ts';

/** Stands for the high watermark. */
const HIGH_WATERMARK = -1;
const UNKNOWN = -1;

export const deleteRecords = handler(DeleteRecords, async (request, context) => ({
  topics: await inOrder(request.topics, async ({ name, partitions }) => {
    const deleting = partitions.map(({ partitionIndex, offset }) => async () => {
      const partition = await find(name, partitionIndex, context);
      if (typeof partition === 'number') return { partitionIndex, errorCode: partition, lowWatermark: UNKNOWN };
      return { partitionIndex, ...(await deleteBefore(partition, offset, context.broker.env.logger)) };
    });
    // Side by side their new starts become durable with one write.
    return { name, partitions: await new Slots(limits.partitionsAnswering).all(deleting) };
  }),
}));

async function find(topic: string, index: number, { broker }: RequestContext): Promise<Partition | ErrorCode> {
  if (isInternalTopic(topic)) return ErrorCode.INVALID_TOPIC_EXCEPTION;
  return broker.partitions.get(topic, index);
}

async function deleteBefore(
  partition: Partition,
  offset: number,
  logger: Logger,
): Promise<{ readonly errorCode: ErrorCode; readonly lowWatermark: number }> {
  if (!partition.settings.cleanupPolicy.includes('delete')) {
    return { errorCode: ErrorCode.POLICY_VIOLATION, lowWatermark: UNKNOWN };
  }
  try {
    // What was appended before the request counts, also when its producer did not wait for the disk.
    await partition.whenDurable(partition.logEndOffset - 1);
    const target = offset === HIGH_WATERMARK ? partition.highWatermark : offset;
    if (target < 0 || target > partition.highWatermark) {
      return { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: UNKNOWN };
    }
    await partition.deleteRecordsBefore(target);
  } catch (error) {
    if (error instanceof PartitionFault) return { errorCode: errorOfFault(error.kind), lowWatermark: UNKNOWN };
    logger.warn({ err: error, log: partition.id }, 'records could not be deleted');
    return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, lowWatermark: UNKNOWN };
  }
  return { errorCode: ErrorCode.NONE, lowWatermark: partition.logStartOffset };
}
