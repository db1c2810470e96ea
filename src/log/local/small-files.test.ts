import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { DiskFault } from '../../base/faults.ts';
import { readSmallFile, replaceFile } from './small-files.ts';

test('a file that could not be replaced is the old one, and nothing is left behind', async () => {
  for (const kind of ['write', 'sync', 'rename'] as const) {
    const { disk } = testEnv();
    await replaceFile(disk, 'file', 'old');
    disk.fail('io', (operation) => operation.kind === kind);
    await assert.rejects(replaceFile(disk, 'file', 'new'), DiskFault);
    disk.heal();
    assert.equal((await readSmallFile(disk, 'file'))?.toString(), 'old');
    assert.equal(disk.file('file.tmp'), undefined, kind);
  }
});
