/**
 * Chooses a SASL mechanism. It never becomes flexible, because old clients negotiate its version wrongly.
 *
 * - v1: the exchange that follows is framed as SaslAuthenticate requests (KIP-152); after v0 it is bare.
 */
import { api, array, int16, string } from '../schema.ts';

export const SaslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  flexible: 'none',
  request: { mechanism: string() },

  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});
