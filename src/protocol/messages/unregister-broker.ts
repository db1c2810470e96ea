/** Strikes a broker that is gone from the cluster's list (KIP-500). */
import { api, int16, int32, string } from '../schema.ts';

export const UnregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: '0',
  flexible: '0+',
  request: { brokerId: int32() },

  response: { throttleTimeMs: int32(), errorCode: int16(), errorMessage: string({ nullable: true }) },
});
