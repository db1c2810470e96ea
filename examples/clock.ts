/** Half a minute passes at once: a consumer that no longer reaches the broker loses its membership. */
import { Consumer } from '@platformatic/kafka';
import { startBroker } from 'ottla/testing';

await using broker = await startBroker({ topics: { orders: 1 } });
const consumer = new Consumer({
  clientId: 'example',
  groupId: 'billing',
  bootstrapBrokers: [broker.bootstrapServers],
  sessionTimeout: 30_000,
  heartbeatInterval: 10_000,
});
const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest' });
await broker.groups.waitFor('billing', { state: 'Stable', members: 1 });

broker.faults.error('Heartbeat', 'COORDINATOR_NOT_AVAILABLE');
await broker.clock.advance('31s');
await broker.groups.waitFor('billing', { state: 'Empty', members: 0 });

await stream.close();
await consumer.close(true);
