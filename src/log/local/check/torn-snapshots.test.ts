/** What a power loss has torn beside the segments is gone once the log was opened: the check finds nothing after the next clean stop. Fails when invariant I30 does not hold. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { ProducerAudit } from '../../../partition/producer-audit.ts';
import { encodeSnapshot, recoverProducers } from '../../../partition/producer-snapshot.ts';
import { buildBatch } from '../../../protocol/batch/build.ts';
import { lastOffset } from '../../../protocol/batch/header.ts';
import { logId, logSettings, whenProgress } from '../../log.fixture.ts';
import type { PartitionLog } from '../../log-engine.ts';
import { startEngine } from '../local-engine.fixture.ts';
import { checkDirectory, faultsOf } from './check-directory.ts';

const TORN = 'the snapshot is damaged';
/** So few that a snapshot fits into a sector, and about half of them survive. */
const PRODUCERS = 4;
const timestamp = 1_700_000_000_000;

async function newDirectory(env: TestEnv): Promise<void> {
  await env.disk.makeDirectory('data');
  const file = await env.disk.open('data/meta.properties', 'create');
  await file.write([readFileSync(new URL('../testdata/root/meta.properties', import.meta.url))], 0);
  await file.sync();
}

/** A batch of each producer, and a snapshot behind them, as many as are kept. */
async function fill(log: PartitionLog): Promise<void> {
  const producers = await recoverProducers(log);
  for (let snapshots = 0; snapshots < 3; snapshots += 1) {
    for (let producerId = 0; producerId < PRODUCERS; producerId += 1) {
      const baseOffset = log.endOffset;
      const records = [{ timestamp, key: null, value: Buffer.from('value') }];
      const producer = { producerId, producerEpoch: 0, baseSequence: snapshots };
      const bytes = buildBatch({ records, baseOffset, partitionLeaderEpoch: 0, ...producer });
      log.append({ bytes, baseOffset, lastOffset: lastOffset(bytes), leaderEpoch: 0, maxTimestamp: timestamp });
      producers.apply(bytes);
    }
    await log.writeSnapshot(log.endOffset, encodeSnapshot(producers, []));
  }
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
}

async function check(env: TestEnv): Promise<string[]> {
  const world = { disk: env.disk, pause: async () => {} };
  const report = await checkDirectory({ world, root: 'data', audit: () => new ProducerAudit() });
  return faultsOf(report).map(({ problem }) => problem);
}

test('torn snapshots are removed when the log is opened, and no producer is forgotten', async () => {
  const tornPerSeed: number[] = [];
  for (let seed = 1; seed <= 20; seed += 1) {
    const env = testEnv(seed);
    await newDirectory(env);
    await fill(await (await startEngine(env)).open(logId(), logSettings()));
    await env.disk.syncDirectory('data/orders-0');
    env.disk.crash();
    const after = nextProcess(env);
    tornPerSeed.push((await check(after)).filter((problem) => problem === TORN).length);
    const engine = await startEngine(after);
    const log = await engine.open(logId(), logSettings());
    assert.equal((await recoverProducers(log)).size, PRODUCERS);
    await log.close();
    await engine.close();
    assert.deepEqual(await check(after), [], `seed ${seed}`);
  }
  // None, some and all of them were torn.
  assert.deepEqual([...new Set(tornPerSeed)].sort(), [0, 1, 2, 3]);
});
