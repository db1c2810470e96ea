import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LazyMap } from './lazy-map.ts';

test('it is empty before anything is in it, and a map from then on', () => {
  const map = new LazyMap<string, number>();
  const content = () => [map.size, [...map.keys()], [...map.values()], [...map.entries()]];
  map.delete('a');
  assert.deepEqual(content(), [0, [], [], []]);
  assert.deepEqual([map.get('a'), map.has('a')], [undefined, false]);
  map.set('a', 1);
  map.set('b', 2);
  map.delete('a');
  assert.deepEqual(content(), [1, ['b'], [2], [['b', 2]]]);
  assert.deepEqual([map.get('b'), map.has('b'), map.has('a')], [2, true, false]);
});
