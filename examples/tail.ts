/** A test looks at what its subject has written, without a consumer. */
import assert from 'node:assert/strict';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { startBroker } from 'ottla/testing';

await using broker = await startBroker({ topics: { orders: 1 } });
const producer = new Producer({
  clientId: 'example',
  bootstrapBrokers: [broker.bootstrapServers],
  serializers: stringSerializers,
});
await producer.send({ messages: ['one', 'two'].map((value) => ({ topic: 'orders', value })) });
await producer.close();

const seen: string[] = [];
for await (const record of broker.tail('orders', { signal: AbortSignal.timeout(5_000) })) {
  seen.push(`${record.offset} ${record.value}`);
  if (seen.length === 2) break;
}
assert.deepEqual(seen, ['0 one', '1 two']);
