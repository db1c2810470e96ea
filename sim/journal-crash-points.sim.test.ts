/** A crowd of logs whose life is ended by a power loss at each of its disk calls in turn, and whose recovery by another one. Fails when invariant I20 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { batchAt, logId, logSettings, whenProgress } from '../src/log/log.fixture.ts';
import type { PartitionLog } from '../src/log/log-engine.ts';
import { LogModel } from './log-model.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';
import { settle } from './virtual-clock.ts';

const LOGS = 5;
const settings = logSettings({ segmentBytes: 500 });

interface Crowd {
  readonly engine: LocalLogEngine;
  readonly logs: readonly PartitionLog[];
}

async function open(env: TestEnv, models: readonly LogModel[]): Promise<Crowd> {
  const options = { root: 'data', checkpointIntervalMs: () => 1_000, journalFileBytes: 1_500 };
  const engine = await LocalLogEngine.start({ env, ...options });
  const logs: PartitionLog[] = [];
  for (const [partition, model] of models.entries()) {
    const log = await engine.open(logId({ partition }), settings);
    model.opened(log);
    log.onProgress = () => model.progress(log);
    await model.check(log, env.clock.now());
    logs.push(log);
  }
  return { engine, logs };
}

async function append({ logs }: Crowd, models: readonly LogModel[], leaderEpoch: number): Promise<void> {
  for (const [index, log] of logs.entries()) {
    const batch = batchAt(log.endOffset, { leaderEpoch });
    log.append(batch);
    models[index]?.appended(batch);
    log.requestSync();
  }
  const durable = (log: PartitionLog, model: LogModel | undefined) =>
    whenProgress(log, () => {
      model?.progress(log);
      return log.durableOffset === log.endOffset;
    });
  await Promise.all(logs.map((log, index) => durable(log, models[index])));
}

/** Enough for files of the journal to be filled, emptied and written again, and for segments to be rolled. */
async function live(env: TestEnv, models: readonly LogModel[], leaderEpoch: number): Promise<void> {
  const crowd = await open(env, models);
  for (let count = 0; count < 6; count += 1) await append(crowd, models, leaderEpoch);
}

test('a power loss at any disk call, and one more during recovery, loses nothing that was acknowledged', async () => {
  const whole = testEnv();
  await live(
    whole,
    Array.from({ length: LOGS }, () => new LogModel()),
    0,
  );
  const calls = whole.disk.operations;
  assert.ok(calls > 100, 'the life is long enough');
  for (let call = 0; call < calls; call += 1) {
    let env = testEnv(call);
    const models = Array.from({ length: LOGS }, () => new LogModel());
    for (const [leaderEpoch, dieAt] of [call, (call * 31) % 120].entries()) {
      env.disk.judge = ({ sequence }) => ({ kind: sequence === dieAt ? 'crash' : 'ok' });
      await untilDeath(env.disk, live(env, models, leaderEpoch));
      if (!env.disk.dead) env.disk.crash();
      for (const model of models) model.stopped('power');
      env = nextProcess(env);
    }
    await append(await open(env, models), models, 2);
  }
});

test('a kill, and a power loss at any disk call of the recovery and what comes after it, loses nothing', async () => {
  const recovered = async (env: TestEnv, models: readonly LogModel[]) => {
    const crowd = await open(env, models);
    // What the recovery has left to the background is done by then.
    await env.clock.advance(31_000);
    await append(crowd, models, 1);
  };
  const killed = async (seed: number, appends: number) => {
    const env = testEnv(seed);
    const models = Array.from({ length: LOGS }, () => new LogModel());
    const crowd = await open(env, models);
    for (let count = 0; count < appends; count += 1) await append(crowd, models, 0);
    // Half of the logs have some of it in their segments, too.
    for (const log of crowd.logs.slice(0, LOGS / 2)) log.requestWrite();
    await settle();
    for (const [index, log] of crowd.logs.entries()) models[index]?.progress(log);
    for (const model of models) model.stopped('killed');
    return { env: nextProcess(env), models };
  };
  for (const appends of [1, 4]) {
    const whole = await killed(0, appends);
    const before = whole.env.disk.operations;
    await recovered(whole.env, whole.models);
    const calls = whole.env.disk.operations - before;
    assert.ok(calls > 50, 'the recovery is long enough');
    for (let call = 0; call < calls; call += 1) {
      const { env, models } = await killed(call, appends);
      const dieAt = env.disk.operations + call;
      env.disk.judge = ({ sequence }) => ({ kind: sequence === dieAt ? 'crash' : 'ok' });
      await untilDeath(env.disk, recovered(env, models));
      if (!env.disk.dead) env.disk.crash();
      for (const model of models) model.stopped('power');
      const next = nextProcess(env);
      await append(await open(next, models), models, 2);
    }
  }
});
