import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topicNameProblem } from './topic-name.ts';

test('Kafka’s rules for names', () => {
  for (const name of ['a', 'A-b_c.d', '-', '_', '...', 'x'.repeat(249), '__consumer_offsets']) {
    assert.equal(topicNameProblem(name), undefined, name);
  }
  for (const name of ['', '.', '..', 'a b', 'a/b', 'a:b', 'ä', 'a\n', 'x'.repeat(250), 'a,b', '*']) {
    assert.match(topicNameProblem(name) ?? '', /^Topic name is invalid: /, name);
  }
});
