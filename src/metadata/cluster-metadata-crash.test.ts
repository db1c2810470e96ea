/** The power goes at every point of a broker's life in turn; what it had answered must be there when it comes back, and nothing by halves. Fails when invariant I10 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { BrokerConfig, type StaticSettings } from '../config/broker-config.ts';
import { startEngine } from '../log/local/local-engine.fixture.ts';
import { ClusterMetadata } from './cluster-metadata.ts';
import { EngineMetadataLog } from './engine-metadata-log.ts';

interface Promised {
  clusterId?: string;
  producerIds: number;
  readonly created: Set<string>;
  readonly deleted: Set<string>;
}

const PARTITIONS = 3;

for (const [name, bytesBetweenSnapshots] of [
  ['without snapshots', 20_971_520],
  ['with a snapshot after every change', 1],
] as const) {
  test(`whatever the power interrupts, what was answered stays and nothing is there by halves, ${name}`, () =>
    interruptEverywhere({
      flag: { 'metadata.log.max.record.bytes.between.snapshots': String(bytesBetweenSnapshots) },
    }));
}

async function interruptEverywhere(settings: StaticSettings): Promise<void> {
  let interrupted = 0;
  for (let operation = 0; ; operation += 1) {
    const env = testEnv(operation + 1);
    const promised: Promised = { producerIds: 0, created: new Set(), deleted: new Set() };
    const crashed = new Promise<'crashed'>((resolve) => {
      env.disk.judge = ({ sequence }) => {
        if (sequence !== operation) return { kind: 'ok' };
        resolve('crashed');
        return { kind: 'crash' };
      };
    });
    const ending = await Promise.race([crashed, live(env, promised, settings)]);
    if (ending === 'finished') break;
    interrupted += 1;
    await check(nextProcess(env), promised, settings);
  }
  assert.ok(interrupted > 20, 'there are many points at which the power can go');
}

async function start(env: TestEnv, settings: StaticSettings): Promise<ClusterMetadata> {
  const engine = await startEngine(env);
  const config = new BrokerConfig(settings);
  const log = new EngineMetadataLog({ env, engine, config });
  const metadata = await ClusterMetadata.open({ env, log, nodeId: 1, config });
  await metadata.register({ endPoints: [], rack: null });
  return metadata;
}

async function live(env: TestEnv, promised: Promised, settings: StaticSettings): Promise<'finished'> {
  const metadata = await start(env, settings);
  promised.clusterId = metadata.clusterId;
  for (const name of ['a', 'b', 'c']) {
    const shape = { numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] };
    await metadata.createTopics([{ name, ...shape }], { validateOnly: false });
    promised.created.add(name);
    const block = await metadata.takeProducerIds();
    promised.producerIds = block.first + block.count;
  }
  promised.created.delete('a');
  await metadata.deleteTopics([{ name: 'a' }]);
  promised.deleted.add('a');
  // Snapshots are written behind the answers.
  await metadata.close();
  return 'finished';
}

async function check(env: TestEnv, promised: Promised, settings: StaticSettings): Promise<void> {
  const metadata = await start(env, settings);
  if (promised.clusterId !== undefined) assert.equal(metadata.clusterId, promised.clusterId);
  for (const name of promised.created) assert.ok(metadata.image.topicByName(name), `${name} was answered`);
  for (const name of promised.deleted) assert.equal(metadata.image.topicByName(name), undefined);
  for (const { name, partitions } of metadata.image.topics()) assert.equal(partitions.length, PARTITIONS, name);
  assert.ok((await metadata.takeProducerIds()).first >= promised.producerIds);
}
