import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadClient } from '../../bench/load/client.ts';
import { createTopic } from '../../bench/load/topics.ts';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { BrokerProcess } from '../broker-process.ts';
import { eventually, within } from '../clients/eventually.ts';
import { Load, PARTITIONS, TOPIC } from './load.ts';

test('clients whose broker does not come back are ended at once', async () => {
  await using broker = await BrokerProcess.start();
  const client = await LoadClient.connect(broker.bootstrap);
  await createTopic(client, TOPIC, {}, PARTITIONS);
  client.close();
  await using load = new Load(broker.bootstrap, new SeededRandom(1));
  await within('the load begins', load.start());
  await eventually('the load is under way', () => load.acknowledged > 100 && load.commits > 0);
  await broker.kill();
  await within('the load ends', load[Symbol.asyncDispose](), 10_000);
  assert.doesNotThrow(() => load.check());
});
