/**
 * One step of a SASL exchange (KIP-152).
 *
 * - v1: how long the session may last until the client must authenticate again (KIP-368). v2: flexible.
 */
import { api, bytes, int16, int64, string } from '../schema.ts';

export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: '0-2',
  flexible: '2+',
  request: { authBytes: bytes() },

  response: {
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ versions: '1+' }),
  },
});
