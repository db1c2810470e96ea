/** A change to the share state since the last snapshot (KIP-932). */
import { array, int8, int16, int32, int64, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ShareUpdate = coordinatorRecord({
  type: 1,
  name: 'ShareUpdate',
  key: { groupId: string(), topicId: uuid(), partition: int32() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      snapshotEpoch: int32(),
      leaderEpoch: int32(),
      startOffset: int64(),
      deliveryCompleteCount: int32({ tag: 0, default: -1 }),
      stateBatches: array({
        firstOffset: int64(),
        lastOffset: int64(),
        deliveryState: int8(),
        deliveryCount: int16(),
      }),
    },
  },
});
