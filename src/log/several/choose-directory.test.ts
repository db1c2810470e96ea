import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseDirectory, type DirectoryChoice } from './choose-directory.ts';

const GB = 1024 ** 3;

/** How many of `count` new logs each directory gets. */
function placed(directories: readonly DirectoryChoice[], count: number): number[] {
  const now = directories.map((directory) => ({ ...directory }));
  for (let log = 0; log < count; log += 1) {
    const chosen = chooseDirectory(now);
    if (chosen !== undefined) chosen.logs += 1;
  }
  return now.map(({ logs }, index) => logs - (directories[index]?.logs ?? 0));
}

test('directories alike are filled evenly', () => {
  const alike = { usableBytes: 100 * GB, logs: 0 };
  assert.deepEqual(placed([alike, alike, alike], 30), [10, 10, 10]);
});

test('a directory with more room takes more, and one that is full takes none', () => {
  const directories = [
    { usableBytes: 100 * GB, logs: 0 },
    { usableBytes: 200 * GB, logs: 0 },
    { usableBytes: 0, logs: 0 },
  ];
  assert.deepEqual(placed(directories, 30), [10, 20, 0]);
});

test('a directory that was added takes new logs until it has its share', () => {
  const directories = [
    { usableBytes: 100 * GB, logs: 10 },
    { usableBytes: 100 * GB, logs: 0 },
  ];
  assert.deepEqual(placed(directories, 10), [0, 10]);
});

test('without a directory there is no choice', () => {
  assert.equal(chooseDirectory([]), undefined);
});
