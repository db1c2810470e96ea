import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { makeDataDirectory } from './data-directory.ts';

test('a data directory that was made is there after the power went, with all directories above it', async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { clock, disk } = testEnv(seed);
    await makeDataDirectory(disk, 'var/lib/ottla');
    await makeDataDirectory(disk, 'var/lib/ottla');
    disk.crash();
    const after = disk.restarted(clock);
    assert.equal((await after.stat('var/lib/ottla'))?.kind, 'directory', `seed ${seed}`);
  }
});
