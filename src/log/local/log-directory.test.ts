import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { LogDirectory } from './log-directory.ts';
import { parsePartitionMetadata } from './partition-metadata.ts';
import { readSmallFile } from './small-files.ts';

const topicId = 'AAAAAAAAAAAAAAAAAAAAAg';

test('whose directory it is survives a power loss also when an earlier sync of that had failed', async () => {
  const env = testEnv();
  const open = () => {
    const syncRoot = () => env.disk.syncDirectory('.');
    return new LogDirectory({ disk: env.disk, root: '.', syncRoot, name: 'orders-0', topicId, durable: false });
  };
  const first = open();
  await first.create();
  env.disk.fail('io', ({ kind }) => kind === 'sync');
  await assert.rejects(first.sync());
  env.disk.heal();
  await open().sync();
  env.disk.crash();
  const bytes = await readSmallFile(env.disk.restarted(env.clock), 'orders-0/partition.metadata');
  assert.equal(parsePartitionMetadata(bytes?.toString() ?? ''), topicId);
});
