/** The metadata log is copied whole, while it is written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { batchAt } from '../../log.fixture.ts';
import { formatOffsets } from '../offset-checkpoint.ts';
import { copyMetadata } from './copy-metadata.ts';

const DIRECTORY = 'data/__cluster_metadata-0';
const OLD = '00000000000000000000.log';
const ACTIVE = '00000000000000000002.log';
const batches = [0, 1, 2, 3].map((offset) => batchAt(offset, {}).bytes);

async function put(env: TestEnv, path: string, content: Uint8Array | string): Promise<void> {
  const file = await env.disk.open(path, 'create');
  await file.truncate(0);
  await file.write([Buffer.from(content)], 0);
}

async function metadataLog(): Promise<TestEnv> {
  const env = testEnv();
  await env.disk.makeDirectory(DIRECTORY);
  await put(env, `${DIRECTORY}/${OLD}`, Buffer.concat(batches.slice(0, 2)));
  await put(env, `${DIRECTORY}/${ACTIVE}`, Buffer.concat(batches.slice(2)));
  return env;
}

function copy(env: TestEnv, endOffset = 4) {
  const id = { topic: '__cluster_metadata', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 };
  const cut = { ...id, startOffset: 0, endOffset, cleanOffset: 0, isCompacted: false, segments: [] };
  return copyMetadata({ disk: env.disk, cut, root: 'data', target: 'backup' });
}

const namesOf = (log: Awaited<ReturnType<typeof copy>>) => log?.files.map(({ name }) => name);

test('segments are there, and what was written after the cut', async () => {
  const env = await metadataLog();
  const log = await copy(env, 3);
  assert.deepEqual(namesOf(log), [OLD, ACTIVE]);
  assert.deepEqual([log?.startOffset, log?.endOffset], [0, 4]);
});

test('a batch that is being written is left out', async () => {
  const env = await metadataLog();
  await put(env, `${DIRECTORY}/${ACTIVE}`, Buffer.concat(batches.slice(2)).subarray(0, -1));
  assert.equal((await copy(env, 3))?.endOffset, 3);
  assert.equal(env.disk.file(`backup/__cluster_metadata-0/${ACTIVE}`)?.bytes, batches[2]?.byteLength);
});

test('a log whose beginning a snapshot has replaced meanwhile is copied from the snapshot on', async () => {
  const env = await metadataLog();
  let isReplaced = false;
  env.disk.pause = async ({ kind, path }) => {
    if (isReplaced || kind !== 'open' || path !== `${DIRECTORY}/${ACTIVE}`) return;
    isReplaced = true;
    await put(env, 'data/log-start-offset-checkpoint', formatOffsets(new Map([['__cluster_metadata-0', 2]])));
    await env.disk.remove(`${DIRECTORY}/${OLD}`);
  };
  const log = await copy(env);
  assert.deepEqual(namesOf(log), [ACTIVE]);
  assert.deepEqual([log?.startOffset, log?.endOffset], [2, 4]);
  assert.equal(await env.disk.stat(`backup/__cluster_metadata-0/${OLD}`), undefined);
});

test('a log that is damaged, or ends before the cut, is not copied', async () => {
  const damaged = await metadataLog();
  damaged.disk.file(`${DIRECTORY}/${OLD}`)?.corrupt(80);
  assert.equal(await copy(damaged), undefined);
  assert.equal(await copy(await metadataLog(), 5), undefined);
});
