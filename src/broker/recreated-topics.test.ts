/** A topic that is made anew at once under the name of one that was just deleted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../sim/virtual-clock.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import { localBroker } from './local-broker.fixture.ts';

test('it is served although the old logs are still on their way out, and these leave nothing', async () => {
  const node = await localBroker();
  const { env, broker } = node;
  let gate: Promise<void> = Promise.resolve();
  env.disk.pause = ({ path }) => (path.startsWith('data/a-') ? gate : Promise.resolve());
  await node.createTopic('a', 2);
  for (let round = 0; round < 3; round += 1) {
    for (const index of [0, 1]) {
      const partition = await node.partition('a', index);
      assert.equal(partition.highWatermark, 0);
      partition.append(produced(), PRODUCE_VERSION);
      await partition.whenDurable(0);
    }
    const disk = Promise.withResolvers<void>();
    gate = disk.promise;
    await broker.metadata.deleteTopics([{ name: 'a' }]);
    await node.createTopic('a', 2);
    const asked = node.partition('a');
    await settle();
    disk.resolve();
    await asked;
  }
  await broker.metadata.deleteTopics([{ name: 'a' }]);
  await settle(200);
  const left = env.disk.filesBelow('data').filter((path) => path.startsWith('data/a-'));
  assert.deepEqual(left, []);
  assert.deepEqual(env.logger.lines, []);
  await node.stop();
});
