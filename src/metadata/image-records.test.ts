/** A snapshot stands for everything that came before it: over random histories, whoever begins with it has the image of whoever saw it all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { settle } from '../../sim/virtual-clock.ts';
import type { ClusterMetadata } from './cluster-metadata.ts';
import { recordsOf } from './image-records.ts';
import { LiveImage } from './live-image.ts';
import { contentOf, testCluster } from './test-cluster.ts';

const STEPS = 120;
const really = { validateOnly: false };
const TOPIC = 2;
/** So small that every few changes are followed by a snapshot. */
const settings = { 'metadata.log.max.record.bytes.between.snapshots': '600' };

for (const seed of [1, 2, 3, 4]) {
  test(`an image that begins with a snapshot is the one that saw everything, seed ${seed}`, async () => {
    const random = new SeededRandom(seed);
    const cluster = testCluster(undefined, settings);
    let metadata = await cluster.start(1);
    const follower = await cluster.start(2);
    for (let step = 0; step < STEPS; step += 1) {
      if (random.chance(0.05)) {
        await metadata.close();
        metadata = await cluster.start(1);
      } else await change(metadata, random, step);
      const fresh = new LiveImage();
      for (const record of recordsOf(metadata.image)) fresh.apply(record);
      assert.deepEqual(contentOf(fresh), contentOf(metadata.image));
    }
    await settle();
    const late = await cluster.start(3);
    await settle();
    assert.deepEqual(contentOf(late.image), contentOf(follower.image));
    assert.ok((await cluster.log.readFrom(0)).records.length < STEPS, 'the beginning was replaced');
  });
}

test('leader epochs rise by one with each start, snapshots or not', async () => {
  const cluster = testCluster(undefined, { 'metadata.log.max.record.bytes.between.snapshots': '1' });
  let metadata = await cluster.start(1);
  await metadata.createTopics([newTopic('a')], really);
  for (let starts = 1; starts < 6; starts += 1) {
    await settle();
    await metadata.close();
    metadata = await cluster.start(1);
    assert.equal(metadata.image.topicByName('a')?.partitions[0]?.leaderEpoch, starts);
  }
});

async function change(metadata: ClusterMetadata, random: SeededRandom, step: number): Promise<void> {
  const names = Array.from(metadata.image.topics(), ({ name }) => name);
  const name = names[random.below(names.length)];
  const dice = random.next();
  if (name === undefined || dice < 0.4) await metadata.createTopics([newTopic(`t.${step}_x`)], really);
  else if (dice < 0.6) await metadata.deleteTopics([{ name }]);
  else if (dice < 0.7) await metadata.takeProducerIds();
  else if (dice < 0.8) {
    const count = (metadata.image.topicByName(name)?.partitions.length ?? 0) + 1;
    await metadata.createPartitions([{ name, count, assignments: null }], really);
  } else {
    const value = String(random.between(1_000, 9_000));
    const operation = random.chance(0.7) ? 'set' : 'delete';
    const alterations = [{ name: 'retention.ms', operation, value } as const];
    await metadata.alterConfigs([{ resourceType: TOPIC, resourceName: name, kind: 'alter', alterations }], really);
  }
}

function newTopic(name: string) {
  return { name, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
}
