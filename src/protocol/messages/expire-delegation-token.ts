/**
 * Ends a delegation token now or at a given time (KIP-48).
 *
 * - v1: throttling happens after the answer. v2: flexible.
 */
import { api, bytes, int16, int32, int64 } from '../schema.ts';

export const ExpireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: '1-2',
  flexible: '2+',
  request: { hmac: bytes(), expiryTimePeriodMs: int64() },

  response: { errorCode: int16(), expiryTimestampMs: int64(), throttleTimeMs: int32() },
});
