/** A broker in this process, a producer and a consumer. */
import assert from 'node:assert/strict';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { startBroker } from 'ottla';

await using broker = await startBroker({ topics: { orders: 3 } });
const client = { clientId: 'example', bootstrapBrokers: [broker.bootstrapServers] };

const producer = new Producer({ ...client, serializers: stringSerializers });
await producer.send({ messages: [{ topic: 'orders', key: 'anna', value: 'two cups' }] });
await producer.close();

const consumer = new Consumer({ ...client, groupId: 'billing', deserializers: stringDeserializers });
const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest' });
for await (const message of stream) {
  assert.deepEqual([message.key, message.value], ['anna', 'two cups']);
  break;
}
await consumer.close(true);
