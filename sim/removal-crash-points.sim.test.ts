/** The removal of a log, ended by a power loss at each of its disk calls in turn: afterwards the log is there whole, or nothing of it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { appendTo, logId, logSettings, whenProgress } from '../src/log/log.fixture.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';
import { settle } from './virtual-clock.ts';

const RECORDS = 12;
const settings = logSettings({ segmentBytes: 400, indexIntervalBytes: 100 });

function start(env: TestEnv): Promise<LocalLogEngine> {
  return LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 1_000 });
}

/** A log of several segments and one beside it, of which the first is removed. `removes` is called when that begins. */
async function live(env: TestEnv, removes: () => void = () => {}): Promise<void> {
  const engine = await start(env);
  for (const partition of [0, 1]) {
    const log = await engine.open(logId({ partition }), settings);
    for (let count = 0; count < RECORDS; count += 1) appendTo(log, {});
    log.requestSync();
    await whenProgress(log, () => log.durableOffset === RECORDS);
    await settle(20);
    if (partition === 0) await log.close();
  }
  removes();
  await engine.remove(logId({ partition: 0 }));
  await settle(20);
  await engine.close();
}

test('a log whose removal was cut short anywhere is there whole or goes without a byte left behind', async () => {
  const whole = testEnv();
  let first = 0;
  await live(whole, () => {
    first = whole.disk.operations;
  });
  const outcomes = new Set<string>();
  // What a crash keeps of names that are not synced is a matter of chance.
  for (let call = first; call < whole.disk.operations; call += 1) {
    for (let chance = 0; chance < 4; chance += 1) outcomes.add(await removalThatDies(call, chance));
  }
  assert.deepEqual([...outcomes].sort(), ['gone', 'there']);
});

async function removalThatDies(call: number, chance: number): Promise<'there' | 'gone'> {
  const env = testEnv(call * 10 + chance);
  env.disk.judge = ({ sequence }) => ({ kind: sequence === call ? 'crash' : 'ok' });
  await untilDeath(env.disk, live(env));
  assert.ok(env.disk.dead, `call ${call} was reached`);
  const after = nextProcess(env);
  const engine = await start(after);
  await settle(20);
  const ids = (await engine.list()).map(({ partition }) => partition).sort();
  const isThere = ids.includes(0);
  assert.ok(ids.includes(1), 'its neighbour stays');
  const left = after.disk.filesBelow('data').filter((path) => path.includes('orders-0') || path.includes('-delete'));
  if (!isThere) assert.deepEqual(left, [], `call ${call} leaves something behind`);
  for (const partition of isThere ? [0, 1] : [1]) {
    const log = await engine.open(logId({ partition }), settings);
    assert.deepEqual([log.startOffset, log.endOffset], [0, RECORDS], `log ${partition} after call ${call}`);
    await log.close();
  }
  if (isThere) await engine.remove(logId({ partition: 0 }));
  // A topic of the same name begins anew.
  const again = await engine.open(logId({ partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }), settings);
  assert.deepEqual([again.startOffset, again.endOffset], [0, 0]);
  await engine.close();
  assert.ok(!after.disk.filesBelow('data').some((path) => path.includes('-delete')));
  return isThere ? 'there' : 'gone';
}
