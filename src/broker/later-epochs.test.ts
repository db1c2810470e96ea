/** A log that comes with later leader epochs than the metadata knows: one that Apache Kafka wrote, or one beside an older copy of the metadata. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { present } from '../base/assert.ts';
import { startEngine } from '../log/local/local-engine.fixture.ts';
import { appendTo, logSettings } from '../log/log.fixture.ts';
import type { LogId } from '../log/log-engine.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import { localBroker } from './local-broker.fixture.ts';

const LATER = 57;
const RECORDS = 3;

async function appendElsewhere(env: TestEnv, id: LogId): Promise<void> {
  const engine = await startEngine(env);
  const log = await engine.open(id, logSettings());
  for (let n = 0; n < RECORDS; n += 1) appendTo(log, { leaderEpoch: LATER });
  await log.close();
  await engine.close();
}

test('a partition goes on in a later epoch than its log has, over restarts', async () => {
  const first = await localBroker();
  await first.createTopic('a');
  const { id } = await first.partition('a');
  await first.stop();
  await appendElsewhere(nextProcess(first.env, testEnv(2)), id);
  const second = await localBroker({}, ['data'], nextProcess(first.env, testEnv(3)));
  const partition = await second.partition('a');
  assert.equal(partition.leaderEpoch, LATER + 1);
  partition.append(produced(), PRODUCE_VERSION);
  await partition.whenDurable(RECORDS);
  assert.deepEqual(partition.endOfEpoch(LATER), { leaderEpoch: LATER, endOffset: RECORDS });
  assert.equal(
    present(second.broker.metadata.image.topicByName('a'), 'the topic is there').partitions[0]?.leaderEpoch,
    LATER + 1,
  );
  await second.stop();
  const third = await localBroker({}, ['data'], nextProcess(first.env, testEnv(4)));
  assert.equal((await third.partition('a')).leaderEpoch, LATER + 2);
  await third.stop();
});
