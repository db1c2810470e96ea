/** What a file of the simulated disk remembers is what POSIX promises of a real one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFile } from './memory-file.ts';
import { SeededRandom } from './seeded-random.ts';

test('what a failed sync was for never gets to the platter, but the length does, with the next sync', () => {
  const file = new MemoryFile();
  file.write(0, Buffer.alloc(1_000, 1));
  file.beginSync()();
  file.truncate(100);
  file.write(100, Buffer.alloc(100, 2));
  file.failSync();
  file.write(200, Buffer.alloc(50, 3));
  file.beginSync()();
  file.crash(new SeededRandom(1));
  const found = Buffer.alloc(1_000);
  assert.equal(file.read(found, 0), 250);
  assert.deepEqual([found[99], found[100], found[249]], [1, 1, 3]);
});

test('a sync that ends behind a later one takes nothing back', () => {
  const file = new MemoryFile();
  file.write(0, Buffer.alloc(100, 1));
  const first = file.beginSync();
  file.write(100, Buffer.alloc(100, 2));
  file.beginSync()();
  first();
  file.crash(new SeededRandom(1));
  assert.equal(file.bytes, 200);
});
