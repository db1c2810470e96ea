/**
 * One short life of a log that is moved to another data directory while it is written, ended by a power loss, or by the death of the process, at each of its disk calls in
 * turn; and bugs planted in the move, which must be found. Fails when invariant I23 does not hold.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk, DiskFile } from '../src/base/env.ts';
import { directoriesOnDisk, LogHistory, MovingLog } from '../src/log/several/moving-log.fixture.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';

/** Written, moved, written, moved back, all of it while appends go on. */
async function life(env: TestEnv, history: LogHistory): Promise<void> {
  const moving = await MovingLog.start(env, history);
  for (let count = 0; count < 8; count += 1) await moving.append();
  await moving.deleteBefore(3);
  moving.startMoves();
  for (const path of ['b', 'a']) {
    await moving.moveTo(path);
    for (let count = 0; count < 4; count += 1) await moving.append();
    await env.clock.advance(100);
    assert.deepEqual((await moving.places()).logs, [path]);
    await moving.append();
  }
  await moving.stop();
}

/** The log as the next life finds it: all of it, in one place; and the wish, if it was durable, is fulfilled. */
async function checkNextLife(env: TestEnv, history: LogHistory): Promise<string> {
  const moving = await MovingLog.start(env, history);
  const { logs, futures } = await moving.places();
  assert.equal(logs.length, 1);
  await moving.append();
  moving.startMoves();
  await env.clock.advance(1_000);
  await moving.append();
  const after = await moving.places();
  assert.deepEqual(after, { logs: futures.length === 0 ? logs : futures, futures: [] });
  await history.check(moving.log);
  await moving.stop();
  assert.deepEqual(await directoriesOnDisk(env), [`${after.logs[0]}/orders-0`]);
  return `${logs[0]}${futures[0] ?? ''}`;
}

type Death = 'power' | 'process';

/** Dies at one call, and goes on with what is left. Answers how the log was found, or undefined when the life was over before the call. */
async function dieAt(
  call: number,
  {
    seed,
    death = 'power',
    plant = (disk) => disk,
  }: { seed: number; death?: Death; plant?: (disk: MemoryDisk) => MemoryDisk },
): Promise<string | undefined> {
  const env = testEnv(seed);
  const history = new LogHistory();
  env.disk.judge = ({ sequence }) => {
    if (sequence !== call) return { kind: 'ok' };
    if (death === 'power') return { kind: 'crash' };
    env.disk.kill();
    return { kind: 'ok' };
  };
  await untilDeath(env.disk, life({ ...env, disk: plant(env.disk) }, history));
  if (!env.disk.dead) return undefined;
  return await checkNextLife(nextProcess(env), history);
}

test('a power loss at any disk call of a move leaves the log in one directory, whole', async () => {
  const found = new Map<string, number>();
  let calls = 0;
  for (let how = await dieAt(0, { seed: 1 }); how !== undefined; how = await dieAt(calls, { seed: 1 + calls })) {
    found.set(how, (found.get(how) ?? 0) + 1);
    calls += 1;
  }
  assert.ok(calls > 300, `the life is long enough: ${calls}`);
  // In the first directory, on the way to the second, there, and on the way back.
  for (const how of ['a', 'ab', 'b', 'ba']) assert.ok((found.get(how) ?? 0) > 10, JSON.stringify([...found]));
});

test('and so does the death of the process', async () => {
  let calls = 0;
  // What is written stays: with the power loss above, every third call is enough.
  while ((await dieAt(calls, { seed: 1, death: 'process' })) !== undefined) calls += 3;
  assert.ok(calls > 300, `the life is long enough: ${calls}`);
});

/** Without shared files everything is copied. */
test('between two volumes as well', async () => {
  const plant = (disk: MemoryDisk) => {
    disk.sharesFiles = false;
    return disk;
  };
  let calls = 0;
  while ((await dieAt(calls, { seed: 7 + calls, plant })) !== undefined) calls += 3;
  assert.ok(calls > 300, `the life is long enough: ${calls}`);
});

/** A disk on which what is copied is not synced. */
function withoutFileSync(disk: MemoryDisk): MemoryDisk {
  const open = async (path: string, mode: Parameters<Disk['open']>[1]): Promise<DiskFile> => {
    const file = await disk.open(path, mode);
    return path.includes('-future/') && path.endsWith('.log') ? bound(file, { sync: async () => {} }) : file;
  };
  return bound(disk, { open });
}

/** A disk on which the names of what is copied are not synced. */
function withoutNameSync(disk: MemoryDisk): MemoryDisk {
  const syncDirectory = async (path: string): Promise<void> => {
    if (!path.endsWith('-future')) await disk.syncDirectory(path);
  };
  return bound(disk, { syncDirectory });
}

/** `target` with some methods replaced; the others are called on `target` itself, because they use its private fields. */
function bound<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(name in replaced ? replaced : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function findsBug(plant: (disk: MemoryDisk) => MemoryDisk): Promise<boolean> {
  for (let seed = 1; seed <= 6; seed += 1) {
    try {
      for (let call = 0; (await dieAt(call, { seed, plant })) !== undefined; call += 1);
    } catch (error) {
      if (error instanceof assert.AssertionError) return true;
      throw error;
    }
  }
  return false;
}

for (const [what, plant] of [
  ['files', withoutFileSync],
  ['names', withoutNameSync],
] as const) {
  test(`a copy that takes the log's place before its ${what} are synced is found`, async () => {
    assert.ok(await findsBug(plant));
  });
}
