import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { DiskFault } from '../../base/faults.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import { Checkpoints } from './checkpoints.ts';
import { type RecoverableLog, RecoveryPoints } from './recovery-points.ts';

class FakeLog implements RecoverableLog {
  recoveryPoint = 0;
  fault: DiskFault | undefined;

  async saveEpochs(): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
  }
}

async function recoveryPoints(intervalMs = 60_000) {
  const env = testEnv();
  await env.disk.makeDirectory('data');
  const checkpoints = await Checkpoints.read(env.disk, 'data', env.logger);
  const logs = new Map([
    ['t-0', new FakeLog()],
    ['t-1', new FakeLog()],
  ]);
  const faults: DiskFault[] = [];
  const points = new RecoveryPoints({
    clock: env.clock,
    timers: env.timers,
    lifecycle: new Lifecycle(env.logger),
    checkpoints,
    logs,
    intervalMs: () => intervalMs,
    onDue: () => {},
    onFault: (fault) => faults.push(fault),
  });
  const written = async () => {
    await settle();
    const file = await Checkpoints.read(env.disk, 'data', env.logger);
    return [file.recoveryPoint('t-0'), file.recoveryPoint('t-1')];
  };
  const log = (name: string) => logs.get(name) ?? assert.fail(name);
  return { env, points, log, written, faults };
}

test('points are written when their time comes', async () => {
  const { env, log, written } = await recoveryPoints(5_000);
  log('t-0').recoveryPoint = 7;
  await env.clock.advance(4_999);
  assert.deepEqual(await written(), [0, 0]);
  await env.clock.advance(1);
  assert.deepEqual(await written(), [7, 0]);
});

test('segments that become complete one after the other do not put the points off', async () => {
  const { env, points, log, written } = await recoveryPoints();
  for (let half = 0; half < 4; half += 1) {
    log('t-0').recoveryPoint = half + 1;
    points.soon();
    await env.clock.advance(500);
  }
  assert.deepEqual(await written(), [4, 0]);
});

test('a log whose epochs cannot be saved keeps its point, and the others do not', async () => {
  const { env, points, log, written, faults } = await recoveryPoints();
  log('t-0').recoveryPoint = 7;
  log('t-1').recoveryPoint = 8;
  log('t-0').fault = new DiskFault({ kind: 'io', operation: 'write', path: 'data/t-0' });
  points.soon();
  await env.clock.advance(1_000);
  assert.deepEqual(await written(), [0, 8]);
  assert.equal(faults.length, 1);
});
