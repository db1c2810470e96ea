/** A principal in bytes. */
import { bool, message, string } from './schema.ts';

/** A principal, as brokers hand it on to one another with a forwarded request (KIP-590). */
export const DefaultPrincipalData = message({
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: '0+',
  fields: { type: string(), name: string(), tokenAuthenticated: bool() },
});
