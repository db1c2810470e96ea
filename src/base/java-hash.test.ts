/** Against values that Kafka's own classes computed (`testdata/java-hash.json`). */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coordinatorPartition, javaStringHash, keyPartition, murmur2 } from './java-hash.ts';

interface Recorded {
  readonly murmur2: readonly { hex: string; murmur2: number; partition: Record<string, number> }[];
  readonly coordinator: readonly { id: string; hashCode: number; partitionOf50: number; partitionOf3: number }[];
  readonly shareCoordinator: readonly { key: string; hashCode: number; partitionOf50: number }[];
}

const recorded: Recorded = JSON.parse(readFileSync(new URL('testdata/java-hash.json', import.meta.url), 'utf8'));

test('murmur2 and the partition of a key are those of the Java producer', () => {
  assert.ok(recorded.murmur2.length > 50);
  for (const { hex, murmur2: hash, partition } of recorded.murmur2) {
    const key = Buffer.from(hex, 'hex');
    assert.equal(murmur2(key), hash, hex);
    for (const [count, index] of Object.entries(partition)) assert.equal(keyPartition(key, Number(count)), index, hex);
  }
});

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
