/**
 * Heartbeat v0–4: a member is alive, and learns whether a rebalance wants it.
 *
 * v3 knows static members (KIP-345), v4 is flexible. Differs from Apache Kafka: nothing known.
 */
import { Heartbeat } from '../../protocol/messages/heartbeat.ts';
import { handler } from '../handler.ts';
import { mapSoon } from '../soon.ts';

export const heartbeat = handler(Heartbeat, (request, { broker }) =>
  mapSoon(broker.groups.heartbeat(request), (errorCode) => ({ errorCode })),
);
