/** Against values that Kafka's own classes computed (`testdata/java-hash.json`). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coordinatorPartition, javaStringHash } from './java-hash.ts';

interface Recorded {
  readonly coordinator: readonly { id: string; hashCode: number; partitionOf50: number; partitionOf3: number }[];
  readonly shareCoordinator: readonly { key: string; hashCode: number; partitionOf50: number }[];
}

const recorded: Recorded = JSON.parse(readFileSync(new URL('testdata/java-hash.json', import.meta.url), 'utf8'));

test('a group is coordinated by the partition that Kafka gives it, also when its hash is −2^31', () => {
  assert.ok(recorded.coordinator.some(({ hashCode }) => hashCode === -0x80000000));
  for (const { id, hashCode, partitionOf50, partitionOf3 } of recorded.coordinator) {
    assert.equal(javaStringHash(id), hashCode, id);
    assert.equal(coordinatorPartition(id, 50), partitionOf50, id);
    assert.equal(coordinatorPartition(id, 3), partitionOf3, id);
  }
});

test('share state is coordinated by the partition that Kafka gives it', () => {
  for (const { key, hashCode, partitionOf50 } of recorded.shareCoordinator) {
    assert.equal(javaStringHash(key), hashCode, key);
    assert.equal(coordinatorPartition(key, 50), partitionOf50, key);
  }
});
