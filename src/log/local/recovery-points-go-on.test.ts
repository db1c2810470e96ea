/** What a crash finds as recovery point holds, whatever an opening of the running process has done to the log since. Fails when invariant I30 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { DiskFault } from '../../base/faults.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import { Checkpoints } from './checkpoints.ts';
import { fileName, LOG, OFFSET_INDEX, RECOVERY_POINTS } from './file-names.ts';
import { LocalLogEngine } from './local-engine.ts';

const TIME = 1_700_000_000_000;
const CHECKPOINT_MS = 5_000;
/** Ten batches of the fixture each; the last one is in the time index alone. */
const settings = logSettings({ segmentBytes: 880, indexIntervalBytes: 300 });

test('a recovery point does not go back when a segment begins, and so vouches for no index that an opening has cut', async () => {
  const env = testEnv();
  const options = { env, root: 'data', checkpointIntervalMs: () => CHECKPOINT_MS };
  const engine = await LocalLogEngine.start(options);
  const log = await engine.open(logId(), settings);
  const append = (count: number) => {
    for (; count > 0; count -= 1) appendTo(log, { timestamp: TIME + log.endOffset });
  };
  append(15);
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === 15);
  await env.clock.advance(CHECKPOINT_MS);
  const failing = new Set<string>();
  const file = (offset: number, suffix: string) => `data/orders-0/${fileName(offset, suffix as typeof LOG)}`;
  env.disk.fail('full', ({ kind, path }) => kind === 'write' && [...failing].some((failed) => path.startsWith(failed)));
  // The second segment is complete, and its indexes take their time. Meanwhile the disk gets full, and the third one fails.
  const { promise: indexed, resolve: goOn } = Promise.withResolvers<void>();
  env.disk.pause = async ({ path }) => {
    if (path === file(10, OFFSET_INDEX)) await indexed;
  };
  append(6);
  await settle();
  failing.add(`data/${RECOVERY_POINTS}`);
  await env.clock.advance(CHECKPOINT_MS);
  failing.add(file(20, LOG));
  append(1);
  await settle();
  goOn();
  await log.close().catch(() => {});
  failing.add(file(0, OFFSET_INDEX));
  await engine.open(logId(), settings).catch((error: unknown) => assert.ok(error instanceof DiskFault));
  const next = { ...testEnv(2), clock: env.clock, timers: env.clock, disk: env.disk.restarted(env.clock) };
  const again = await (await LocalLogEngine.start({ ...options, env: next })).open(logId(), settings);
  assert.equal((await again.offsetForTimestamp({ timestamp: TIME + 9, endOffset: again.endOffset }))?.offset, 9);
});

test('a log whose directory is gone begins anew without the recovery point that it had', async () => {
  for (const stop of ['clean', 'kill']) {
    const env = testEnv();
    const options = { env, root: 'data', checkpointIntervalMs: () => CHECKPOINT_MS };
    const engine = await LocalLogEngine.start(options);
    const log = await engine.open(logId(), settings);
    for (let offset = 0; offset < 15; offset += 1) appendTo(log, { timestamp: TIME });
    log.requestSync();
    await whenProgress(log, () => log.durableOffset === 15);
    await env.clock.advance(CHECKPOINT_MS);
    if (stop === 'clean') {
      await log.close();
      await engine.close();
    }
    const next = { ...testEnv(2), clock: env.clock, timers: env.clock, disk: env.disk.restarted(env.clock) };
    await next.disk.removeTree('data/orders-0');
    assert.equal((await Checkpoints.read(next.disk, 'data', next.logger)).recoveryPoint('orders-0'), 15, stop);
    const second = await LocalLogEngine.start({ ...options, env: next });
    assert.equal((await second.open(logId(), settings)).endOffset, 0);
    assert.equal((await Checkpoints.read(next.disk, 'data', next.logger)).recoveryPoint('orders-0'), 0, stop);
  }
});

test('a recovery point that could not be taken back in the file is not taken back at all', async () => {
  const env = testEnv();
  await env.disk.makeDirectory('data');
  const checkpoints = await Checkpoints.read(env.disk, 'data', env.logger);
  checkpoints.setRecoveryPoint('orders-0', 15);
  await checkpoints.writeRecoveryPoints();
  env.disk.fail('full', ({ kind }) => kind === 'write');
  await assert.rejects(checkpoints.lowerRecoveryPoint('orders-0', 10), DiskFault);
  assert.equal(checkpoints.recoveryPoint('orders-0'), 15);
  env.disk.heal();
  await checkpoints.lowerRecoveryPoint('orders-0', 10);
  assert.equal((await Checkpoints.read(env.disk, 'data', env.logger)).recoveryPoint('orders-0'), 10);
});
