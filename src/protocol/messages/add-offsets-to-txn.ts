/**
 * AddOffsetsToTxn (key 25).
 */
import { api, int16, int32, int64, string } from '../schema.ts';

export const AddOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: '0-4',
  flexible: '3+',
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },

  response: { throttleTimeMs: int32(), errorCode: int16() },
});
