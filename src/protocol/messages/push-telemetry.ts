/** A client's metrics in OpenTelemetry's encoding, perhaps compressed (KIP-714). */
import { api, bool, bytes, int8, int16, int32, uuid } from '../schema.ts';

export const PushTelemetry = api({
  key: 72,
  name: 'PushTelemetry',
  versions: '0',
  flexible: '0+',
  request: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  },

  response: { throttleTimeMs: int32(), errorCode: int16() },
});
