/** With a data directory, what was acknowledged is there after the next start. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { startBroker } from 'ottla';

const dataDir = await mkdtemp(join(tmpdir(), 'ottla-example-'));

async function append(value: string): Promise<bigint | undefined> {
  await using broker = await startBroker({ dataDir, topics: { orders: 1 }, 'log.retention.hours': 24 });
  const producer = new Producer({
    clientId: 'example',
    bootstrapBrokers: [broker.bootstrapServers],
    serializers: stringSerializers,
  });
  const { offsets } = await producer.send({ messages: [{ topic: 'orders', value }] });
  await producer.close();
  return offsets?.[0]?.offset;
}

assert.equal(await append('first'), 0n);
assert.equal(await append('second'), 1n);
await rm(dataDir, { recursive: true });
