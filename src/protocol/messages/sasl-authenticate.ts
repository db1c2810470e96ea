/**
 * SaslAuthenticate (key 36).
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
