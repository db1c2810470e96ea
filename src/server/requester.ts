/** Who sends a request, as coordinators write it down. */
import type { Requester } from '../coordinator/group/classic/replies.ts';
import type { RequestContext } from './handler.ts';

export function requester({ apiVersion, clientId, connection }: RequestContext): Requester {
  return { apiVersion, clientId: clientId ?? '', clientHost: `/${connection.remoteAddress}` };
}
