/**
 * principal-data
 */
import { bool, message, string } from './schema.ts';

/**
 * DefaultPrincipalData.
 */
export const DefaultPrincipalData = message({
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: '0+',
  fields: { type: string(), name: string(), tokenAuthenticated: bool() },
});
