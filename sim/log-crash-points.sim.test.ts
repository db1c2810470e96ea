/** One short life of a log, ended by a power loss at each of its disk calls in turn. Fails when invariants I3 and I4 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { batchAt, logId, logSettings, whenProgress } from '../src/log/log.fixture.ts';
import type { PartitionLog } from '../src/log/log-engine.ts';
import { LogModel } from './log-model.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';

const settings = logSettings({ segmentBytes: 400, indexIntervalBytes: 100, fileDeleteDelayMs: 0 });

async function open(env: TestEnv, model: LogModel): Promise<{ engine: LocalLogEngine; log: PartitionLog }> {
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 1_000 });
  const log = await engine.open(logId(), settings);
  model.opened(log);
  log.onProgress = () => model.progress(log);
  await model.check(log, env.clock.now());
  return { engine, log };
}

async function append(log: PartitionLog, model: LogModel, leaderEpoch: number): Promise<void> {
  for (let count = 0; count < 4; count += 1) {
    const batch = batchAt(log.endOffset, { records: 2, leaderEpoch });
    log.append(batch);
    model.appended(batch);
  }
  log.requestSync();
  await whenProgress(log, () => {
    model.progress(log);
    return log.durableOffset === log.endOffset;
  });
}

/** Appends, deletions, a clean stop and more appends. */
async function live(env: TestEnv, model: LogModel): Promise<void> {
  const { engine, log } = await open(env, model);
  await append(log, model, 0);
  model.startWanted(5);
  await log.advanceStart(5);
  model.startPromised(5);
  await env.clock.advance(1_000);
  await append(log, model, 0);
  await log.close();
  await engine.close();
  model.stopped('clean');
  const again = await open(env, model);
  await append(again.log, model, 1);
  await again.log.close();
  await again.engine.close();
}

test('a power loss at any disk call loses nothing that was acknowledged', async () => {
  const whole = testEnv();
  await live(whole, new LogModel());
  const calls = whole.disk.operations;
  assert.ok(calls > 100, 'the life is long enough');
  for (let call = 0; call < calls; call += 1) {
    const env = testEnv(call);
    const model = new LogModel();
    env.disk.judge = ({ sequence }) => ({ kind: sequence === call ? 'crash' : 'ok' });
    await untilDeath(env.disk, live(env, model));
    assert.ok(env.disk.dead, `call ${call} was reached`);
    model.stopped('power');
    const after = nextProcess(env);
    const { log } = await open(after, model);
    await append(log, model, 2);
    await model.check(log, env.clock.now());
  }
});

/** A small log whose epochs its stop does not sync. */
test('a power loss at the end of a clean stop, or in the start after it, makes nothing believed that was not synced', async () => {
  const untilStop = async (seed: number): Promise<{ env: TestEnv; model: LogModel; engine: LocalLogEngine }> => {
    const env = testEnv(seed);
    const model = new LogModel();
    const { engine, log } = await open(env, model);
    for (const leaderEpoch of [0, 1]) {
      await append(log, model, leaderEpoch);
      await env.clock.advance(1_000);
    }
    await append(log, model, 2);
    await log.close();
    return { env, model, engine };
  };
  const stopAndStart = async ({ env, model, engine }: Awaited<ReturnType<typeof untilStop>>): Promise<void> => {
    await engine.close();
    model.stopped('clean');
    await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 1_000 });
  };
  const whole = await untilStop(0);
  const first = whole.env.disk.operations;
  await stopAndStart(whole);
  const calls = whole.env.disk.operations - first;
  assert.ok(calls > 20, 'the stop and the start have calls');
  for (let call = 0; call < calls; call += 1) {
    for (let seed = 0; seed < 20; seed += 1) {
      const life = await untilStop(seed);
      const { env, model } = life;
      const at = env.disk.operations + call;
      env.disk.judge = ({ sequence }) => ({ kind: sequence === at ? 'crash' : 'ok' });
      await untilDeath(env.disk, stopAndStart(life));
      model.stopped('power');
      await open(nextProcess(env), model);
    }
  }
});
