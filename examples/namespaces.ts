/** Tests share one broker: each has a corner of its own, and cleans up only there. */
import assert from 'node:assert/strict';
import { Admin } from '@platformatic/kafka';
import { startBroker } from 'ottla/testing';

await using broker = await startBroker();
const [one, two] = [broker.namespace('one'), broker.namespace('two')];
await one.createTopics({ orders: 1 });
await two.createTopics({ orders: { partitions: 2, settings: { 'retention.ms': 60_000 } } });
await one.reset();

const admin = new Admin({ clientId: 'example', bootstrapBrokers: [broker.bootstrapServers] });
assert.deepEqual(await admin.listTopics(), [two.topic('orders')]);
await broker.reset();
assert.deepEqual(await admin.listTopics(), []);
await admin.close();
