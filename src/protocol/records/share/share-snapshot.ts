/** The whole share state of one partition of a group, replacing everything before it (KIP-932). */
import { array, int8, int16, int32, int64, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ShareSnapshot = coordinatorRecord({
  type: 0,
  name: 'ShareSnapshot',
  key: { groupId: string(), topicId: uuid(), partition: int32() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      snapshotEpoch: int32(),
      stateEpoch: int32(),
      leaderEpoch: int32(),
      startOffset: int64(),
      deliveryCompleteCount: int32({ tag: 0, default: -1 }),
      createTimestamp: int64(),
      writeTimestamp: int64(),
      stateBatches: array({
        firstOffset: int64(),
        lastOffset: int64(),
        deliveryState: int8(),
        deliveryCount: int16(),
      }),
    },
  },
});
