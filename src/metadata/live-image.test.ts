import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../base/limits.ts';
import { LiveImage } from './live-image.ts';

test('removed topics are known to be gone, the latest ones', () => {
  const image = new LiveImage();
  const count = limits.removedTopicsKnown + 1;
  for (let n = 0; n < count; n += 1) {
    image.apply({ kind: 'topic', name: 'orders', topicId: `id-${n}` });
    assert.equal(image.removedTopics.has(`id-${n}`), false);
    image.apply({ kind: 'removeTopic', topicId: `id-${n}` });
  }
  assert.equal(image.removedTopics.size, limits.removedTopicsKnown);
  assert.deepEqual([image.removedTopics.get('id-0'), image.removedTopics.get('id-1')], [undefined, 'orders']);
});
