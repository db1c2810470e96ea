/** A broker that fails on demand shows whether a client's retries work. */
import assert from 'node:assert/strict';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { startBroker } from 'ottla/testing';

await using broker = await startBroker({ topics: { orders: 1 } });
const moved = broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER').times(2);
const cut = broker.faults.disconnectOn('Metadata').forClient('example').once();

const producer = new Producer({
  clientId: 'example',
  bootstrapBrokers: [broker.bootstrapServers],
  serializers: stringSerializers,
  retries: 5,
  retryDelay: 10,
});
const { offsets } = await producer.send({ messages: [{ topic: 'orders', value: 'once' }] });
await producer.close();

assert.deepEqual([moved.hits, cut.hits], [2, 1]);
assert.equal(offsets?.[0]?.offset, 0n);
