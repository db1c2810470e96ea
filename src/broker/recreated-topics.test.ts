/** A topic that is made anew at once under the name of one that was just deleted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, testEnv } from '../../sim/test-env.ts';
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

test('a kill before the old logs were removed leaves nothing of them either, whether the topic is made anew before or after', async () => {
  for (const isMadeBefore of [true, false]) {
    const node = await localBroker();
    const { disk } = node.env;
    await node.createTopic('a', 2);
    await node.createTopic('b');
    for (const [topic, index] of [['a', 0] as const, ['a', 1] as const, ['b', 0] as const]) {
      const partition = await node.partition(topic, index);
      partition.append(produced(), PRODUCE_VERSION);
      await partition.whenDurable(0);
    }
    const never = new Promise<void>(() => {});
    disk.pause = ({ kind, path }) => (kind === 'rename' && path.startsWith('data/a-') ? never : Promise.resolve());
    await node.broker.metadata.deleteTopics([{ name: 'a' }]);
    if (isMadeBefore) await node.createTopic('a', 2);
    disk.kill();
    const env = nextProcess(node.env, testEnv(2));
    const again = await localBroker({}, ['data'], env);
    if (!isMadeBefore) await again.createTopic('a', 2);
    for (const index of [0, 1]) assert.equal((await again.partition('a', index)).highWatermark, 0);
    assert.equal((await again.partition('b')).highWatermark, 1);
    await settle(200);
    const left = (await env.disk.list('data')).map(({ name }) => name).filter((name) => name.startsWith('a-'));
    assert.deepEqual(left, ['a-0', 'a-1']);
    assert.deepEqual(
      env.logger.lines.filter(({ level }) => level !== 'info'),
      [],
    );
    await again.stop();
  }
});
