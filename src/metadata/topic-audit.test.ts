/** Logs whose directories are of another topic than the metadata says are found, and no others, whatever the broker was doing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { present } from '../base/assert.ts';
import { type LocalBroker, localBroker } from '../broker/local-broker.fixture.ts';
import { checkDirectory, faultsOf } from '../log/local/check/check-directory.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import { MetadataTopicAudit } from './topic-audit.ts';

const FOREIGN = 'AAAAAAAAAAAAAAAAAAAAZg';

async function problems(env: TestEnv, knowsTopics = true): Promise<readonly string[]> {
  const world = { disk: env.disk, pause: async () => {} };
  const topics = knowsTopics ? new MetadataTopicAudit() : undefined;
  const report = await checkDirectory({ world, root: 'data', topics });
  return faultsOf(report).map(({ harm, file, problem }) => `${harm} ${file}: ${problem.split(',')[0]}`);
}

/** A broker with a record in each of three partitions of `a` and one of `b`. */
async function filled(): Promise<LocalBroker> {
  const node = await localBroker();
  await node.createTopic('a', 3);
  await node.createTopic('b');
  const places = [['a', 0] as const, ['a', 1] as const, ['a', 2] as const, ['b', 0] as const];
  const partitions = await Promise.all(places.map(([topic, index]) => node.partition(topic, index)));
  for (const partition of partitions) partition.append(produced(), PRODUCE_VERSION);
  for (const partition of partitions) await partition.whenDurable(0);
  return node;
}

async function relabel(env: TestEnv, directory: string, topicId: string): Promise<void> {
  const file = await env.disk.open(`data/${directory}/partition.metadata`, 'create');
  await file.truncate(0);
  await file.write([Buffer.from(`version: 0\ntopic_id: ${topicId}`)], 0);
}

function idOf({ broker }: LocalBroker, topic: string): string {
  return present(broker.metadata.image.topicByName(topic), 'it was created').id;
}

/** As a kill leaves the directory. */
function killed({ env }: LocalBroker): TestEnv {
  return nextProcess(env);
}

test('a broker that runs, was killed or stopped has nothing that is not of its topics', async () => {
  const node = await filled();
  assert.deepEqual(await problems(node.env), []);
  const files = node.env.disk.filesBelow('data');
  assert.ok(
    files.some((path) => path.startsWith('data/.ottla_journal.')),
    'the topics may be in the journal alone',
  );
  assert.deepEqual(await problems(killed(await filled())), []);
  await node.stop();
  assert.deepEqual(await problems(node.env), []);
});

test('a directory with the id of another topic, or of none, is told', async () => {
  const node = await filled();
  const [a, b] = [idOf(node, 'a'), idOf(node, 'b')];
  await node.stop();
  await relabel(node.env, 'a-1', b);
  await relabel(node.env, 'b-0', FOREIGN);
  assert.deepEqual(await problems(node.env), [
    `data a-1/partition.metadata: the topic id is ${b}`,
    `data b-0/partition.metadata: the topic id is ${FOREIGN}`,
  ]);
  await node.env.disk.rename('data/b-0', 'data/c-0');
  await relabel(node.env, 'a-1', a);
  assert.deepEqual(await problems(node.env), [
    `data c-0/partition.metadata: the metadata knows no topic c with the id ${FOREIGN}: the directory is not served but set aside`,
  ]);
});

test('what a deletion that was cut short has left is told of nobody, also when the topic was made anew', async () => {
  const node = await filled();
  const never = new Promise<void>(() => {});
  node.env.disk.pause = ({ kind, path }) =>
    kind === 'rename' && path.startsWith('data/a-') ? never : Promise.resolve();
  await node.broker.metadata.deleteTopics([{ name: 'a' }]);
  await settle(20);
  assert.deepEqual(await problems(node.env), []);
  await node.createTopic('a', 3);
  assert.deepEqual(await problems(killed(node)), []);
});

test('without the metadata, the partitions of a topic have to agree', async () => {
  const node = await filled();
  const b = idOf(node, 'b');
  await node.stop();
  await relabel(node.env, 'a-1', b);
  const found = [`data a-1/partition.metadata: the topic id is ${b}`];
  assert.deepEqual(await problems(node.env, false), found);
  await node.env.disk.removeTree('data/__cluster_metadata-0');
  const atTop = (problem: string) => problem.includes('-checkpoint');
  assert.deepEqual(
    (await problems(node.env)).filter((problem) => !atTop(problem)),
    found,
  );
});

test('metadata that cannot be read whole speaks of no topic', async () => {
  const node = await filled();
  await node.stop();
  await relabel(node.env, 'b-0', FOREIGN);
  const [segment = ''] = node.env.disk.filesBelow('data').filter((path) => /__cluster_metadata-0\/.*\.log$/.test(path));
  node.env.disk.file(segment)?.corrupt(100);
  const found = await problems(node.env);
  assert.ok(found.some((problem) => problem.startsWith('data __cluster_metadata-0/')));
  assert.ok(!found.some((problem) => problem.includes('partition.metadata')));
});
