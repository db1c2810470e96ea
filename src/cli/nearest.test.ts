import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

test('the candidate with the fewest edits is meant, if it is near at all', () => {
  const names = ['num.partitions', 'num.io.threads', 'log.dirs'];
  assert.equal(nearest('num.partition', names), 'num.partitions');
  assert.equal(nearest('logdirs', names), 'log.dirs');
  assert.equal(nearest('zookeeper.connect', names), undefined);
});
