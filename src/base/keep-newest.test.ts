import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepNewest } from './keep-newest.ts';
import { LazyMap } from './lazy-map.ts';

test('what was put in first goes, and no more than must', () => {
  for (const memory of [new Map<string, number>(), new LazyMap<string, number>()]) {
    keepNewest(memory, 0);
    for (const name of ['a', 'b', 'c', 'd']) memory.set(name, 1);
    keepNewest(memory, 4);
    assert.deepEqual([...memory.keys()], ['a', 'b', 'c', 'd']);
    memory.delete('a');
    memory.set('a', 2);
    keepNewest(memory, 2);
    assert.deepEqual(
      [...memory.entries()],
      [
        ['d', 1],
        ['a', 2],
      ],
    );
  }
});
