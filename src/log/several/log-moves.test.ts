/** Fails when invariant I23 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { DiskFault } from '../../base/faults.ts';
import { compactionRequest } from '../compaction/compaction.fixture.ts';
import { logId } from '../log.fixture.ts';
import type { MoveHost } from './log-moves.ts';
import { directoriesOnDisk, LogHistory, MovingLog, movedSettings } from './moving-log.fixture.ts';

async function started(env: TestEnv, batches = 12): Promise<{ moving: MovingLog; history: LogHistory }> {
  const history = new LogHistory();
  const moving = await MovingLog.start(env, history);
  for (let count = 0; count < batches; count += 1) await moving.append();
  return { moving, history };
}

function rebooted(env: TestEnv): TestEnv {
  return nextProcess(env);
}

/** Waits at each chunk until it is let go. */
function gate(): { readonly pace: MoveHost['pace']; open(): void } {
  const opened = Promise.withResolvers<void>();
  const ended = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
  return { pace: (_bytes, signal) => Promise.race([opened.promise, ended(signal)]), open: () => opened.resolve() };
}

test('a log is moved while it is written, with its start, and a restart finds it there', async () => {
  const env = testEnv();
  const { moving, history } = await started(env);
  await moving.deleteBefore(5);
  moving.startMoves();
  await moving.moveTo('b');
  for (let count = 0; count < 5; count += 1) await moving.append();
  await env.clock.advance(1_000);
  assert.deepEqual(await moving.places(), { logs: ['b'], futures: [] });
  assert.deepEqual(await directoriesOnDisk(env), ['b/orders-0']);
  await history.check(moving.log);
  await moving.append();
  await moving.moveTo('c');
  await env.clock.advance(1_000);
  await moving.moveTo('a');
  await env.clock.advance(1_000);
  assert.deepEqual(await directoriesOnDisk(env), ['a/orders-0']);
  await history.check(moving.log);
  await moving.stop();
  const again = await MovingLog.start(rebooted(env), history);
  assert.deepEqual(await again.places(), { logs: ['a'], futures: [] });
  assert.equal(again.log.endOffset, 18);
  await again.stop();
});

test('while it is copied, the log is where it was and its future is shown, with what is missing', async () => {
  const env = testEnv();
  const { moving } = await started(env);
  const { pace, open } = gate();
  moving.startMoves(pace);
  // Complete segments are shared by their names: what is missing is the segment that takes the appends.
  await moving.moveTo('b');
  await settle();
  const [a, b] = await moving.engine.directories();
  assert.equal(a?.logs.length, 1);
  const [future] = b?.futures ?? [];
  assert.ok(future !== undefined && future.offsetLag > 0 && future.offsetLag < 12, `lag ${future?.offsetLag}`);
  assert.ok(future.bytes > 0 && future.bytes < moving.log.bytes);
  open();
  await env.clock.advance(1_000);
  assert.deepEqual(await moving.places(), { logs: ['b'], futures: [] });
  await moving.stop();
});

test('another wish replaces the one before, and the wish to stay ends it', async () => {
  const env = testEnv();
  const { moving, history } = await started(env);
  const { pace, open } = gate();
  moving.startMoves(pace);
  await moving.moveTo('b');
  await moving.moveTo('c');
  assert.deepEqual(await directoriesOnDisk(env), ['a/orders-0', 'c/orders-0-future']);
  await moving.moveTo('c');
  await moving.moveTo('a');
  open();
  await env.clock.advance(1_000);
  assert.deepEqual(await directoriesOnDisk(env), ['a/orders-0']);
  await history.check(moving.log);
  await moving.stop();
});

test('a wish outlives a stop and a crash, and is fulfilled when the log is open again', async () => {
  for (const ends of ['stop', 'crash'] as const) {
    const env = testEnv();
    const { moving, history } = await started(env);
    moving.startMoves(gate().pace);
    await moving.moveTo('b');
    await settle();
    if (ends === 'stop') await moving.stop();
    else env.disk.crash();
    const after = rebooted(env);
    const again = await MovingLog.start(after, history);
    assert.deepEqual(await again.places(), { logs: ['a'], futures: ['b'] });
    again.startMoves();
    await after.clock.advance(1_000);
    assert.deepEqual(await directoriesOnDisk(after), ['b/orders-0'], ends);
    await history.check(again.log);
    await again.stop();
  }
});

/** A log has moved from `a` to `b`, and what it has left behind in `a` cannot be removed. */
async function movedFromA() {
  const env = testEnv();
  const { moving, history } = await started(env);
  moving.startMoves();
  env.disk.fail('io', ({ kind, path }) => kind === 'rename' && path === 'a/orders-0');
  await moving.moveTo('b');
  await env.clock.advance(1_000);
  return { env, moving, history };
}

for (const next of ['a', 'c']) {
  test(`what a move could not remove goes before the log moves on to ${next}`, async () => {
    const { env, moving, history } = await movedFromA();
    assert.deepEqual(await directoriesOnDisk(env), ['a/orders-0', 'b/orders-0']);
    await moving.append();
    env.disk.heal();
    await moving.moveTo(next);
    await env.clock.advance(1_000);
    assert.deepEqual(await directoriesOnDisk(env), [`${next}/orders-0`]);
    await history.check(moving.log);
    await moving.stop();
    const again = await MovingLog.start(rebooted(env), history);
    assert.deepEqual(await again.places(), { logs: [next], futures: [] });
    await again.stop();
  });
}

test('as long as what a move has left cannot be removed the log does not move on, and a start finds one log', async () => {
  const { env, moving, history } = await movedFromA();
  await moving.moveTo('c');
  await env.clock.advance(60_000);
  assert.deepEqual(await moving.places(), { logs: ['b'], futures: ['c'] });
  await moving.append();
  env.disk.crash();
  const after = rebooted(env);
  const again = await MovingLog.start(after, history);
  again.startMoves();
  await after.clock.advance(1_000);
  assert.deepEqual(await directoriesOnDisk(after), ['c/orders-0']);
  await history.check(again.log);
  await again.stop();
});

test('a log that is removed while it is moved leaves nothing behind', async () => {
  const env = testEnv();
  const { moving } = await started(env);
  moving.startMoves(gate().pace);
  await moving.moveTo('b');
  await moving.log.close();
  await moving.engine.remove(moving.id);
  assert.deepEqual(await directoriesOnDisk(env), []);
  await moving.engine.close();
});

test('a copy that fails is tried again, and the log goes on meanwhile', async () => {
  const env = testEnv();
  const { moving, history } = await started(env);
  moving.startMoves();
  env.disk.fail('full', ({ kind, path }) => (kind === 'write' || kind === 'link') && path.includes('-future/'));
  await assert.rejects(moving.moveTo('b'), DiskFault);
  env.disk.fail('full', ({ path, kind }) => kind === 'sync' && path.startsWith('b/'));
  await assert.rejects(moving.moveTo('b'), DiskFault);
  env.disk.heal();
  await moving.moveTo('b');
  env.disk.fail('full', ({ kind, path }) => kind === 'write' && path.includes('-future/'));
  await env.clock.advance(60_000);
  await moving.append();
  assert.deepEqual((await moving.places()).logs, ['a']);
  env.disk.heal();
  await env.clock.advance(60_000);
  assert.deepEqual(await moving.places(), { logs: ['b'], futures: [] });
  await history.check(moving.log);
  await moving.stop();
});

test('when the row that says where the log is cannot be written, the log is opened nowhere until it can', async () => {
  const env = testEnv();
  const { moving, history } = await started(env);
  const { pace, open } = gate();
  moving.startMoves(pace);
  await moving.moveTo('b');
  env.disk.fail('full', ({ kind, path }) => kind === 'sync' && path.includes('.ottla_placement'));
  open();
  await settle();
  await env.clock.advance(1_000);
  await assert.rejects(moving.engine.open(moving.id, movedSettings), DiskFault);
  env.disk.heal();
  await moving.reopen();
  await history.check(moving.log);
  await env.clock.advance(60_000);
  assert.deepEqual(await directoriesOnDisk(env), ['b/orders-0']);
  await history.check(moving.log);
  await moving.stop();
});

test('a log is listed once at any moment of a move', async () => {
  const env = testEnv();
  const { moving } = await started(env);
  const seen = new Set<string>();
  let looks = 0;
  env.disk.pause = async ({ path }) => {
    if (looks > 0 || !path.startsWith('b/')) return;
    looks += 1;
    const [listed, directories] = [await moving.engine.list(), await moving.engine.directories()];
    assert.equal(listed.length, 1);
    seen.add(
      directories
        .filter(({ logs }) => logs.length === 1)
        .map(({ path: name }) => name)
        .join(),
    );
    looks -= 1;
  };
  moving.startMoves();
  await moving.moveTo('b');
  await env.clock.advance(1_000);
  assert.deepEqual([...seen], ['a', 'b']);
  env.disk.pause = async () => {};
  await moving.stop();
});

test('no compaction changes a log while it is copied', async () => {
  const env = testEnv();
  const { moving } = await started(env);
  moving.startMoves(gate().pace);
  const request = () => moving.log.compact(compactionRequest(moving.log));
  assert.ok(moving.log.cleanable(moving.log.endOffset).end > 0);
  await moving.moveTo('b');
  await settle();
  assert.equal(moving.log.cleanable(moving.log.endOffset).end, 0);
  await request();
  await moving.moveTo('a');
  assert.ok(moving.log.cleanable(moving.log.endOffset).end > 0);
  await moving.stop();
});

test('a log that is not there yet is made where it was wished', async () => {
  const env = testEnv();
  const history = new LogHistory();
  const moving = await MovingLog.start(env, history);
  const other = logId({ topic: 'later', topicId: 'AAAAAAAAAAAAAAAAAAAAAg' });
  moving.engine.placing.placeAt('c')?.prefer(other);
  await (await moving.engine.open(other, movedSettings)).close();
  assert.deepEqual(await directoriesOnDisk(env), ['a/orders-0', 'c/later-0']);
  assert.equal(moving.engine.placing.placeAt('d'), undefined);
  await moving.stop();
});
