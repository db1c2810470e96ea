/** One short life of a compacted log, ended by a power loss at each of its disk calls in turn (invariant I21); and bugs planted in the swap, which are found so. */
import assert from 'node:assert/strict';
import type { Disk, DiskFile } from '../src/base/env.ts';
import {
  appendKeyed,
  batchesOf,
  compactedSettings,
  compactionRequest,
  keyMap,
  recordsIn,
} from '../src/log/compaction/compaction.fixture.ts';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { logId, whenProgress } from '../src/log/log.fixture.ts';
import type { PartitionLog } from '../src/log/log-engine.ts';
import { lastOffset } from '../src/protocol/batch/header.ts';
import { SeededRandom } from './seeded-random.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';
import { settle } from './virtual-clock.ts';

/** The disk may be one that breaks its promises. */
type LifeEnv = Omit<TestEnv, 'disk'> & { readonly disk: Disk; readonly isDead?: () => boolean };

const DELETE_RETENTION_MS = 1_000;
const settings = compactedSettings({
  deleteRetentionMs: DELETE_RETENTION_MS,
  segmentBytes: 600,
  indexIntervalBytes: 100,
});

/** Keys' latest values, as a plain map, of everything that is durable; and of what may be. */
class KeyModel {
  readonly #records: { readonly key: string; readonly value: string; readonly offset: number }[] = [];
  durableOffset = 0;

  appended(text: string, offset: number): void {
    const [key = '', value = ''] = text.split('=');
    this.#records.push({ key, value, offset });
  }

  /** What a reader of the whole log ends up with, if the log ends at `endOffset`. */
  #latest(endOffset: number): Map<string, string> {
    const latest = new Map<string, string>();
    for (const { key, value, offset } of this.#records) {
      if (offset >= endOffset) break;
      if (value === '') latest.delete(key);
      else latest.set(key, value);
    }
    return latest;
  }

  async check(log: PartitionLog): Promise<void> {
    assert.ok(log.endOffset >= this.durableOffset, `records are lost: ends at ${log.endOffset}`);
    const found = new Map<string, string>();
    let last = -1;
    for (const record of await recordsIn(log)) {
      const [offset = '', key = '', value = ''] = record.split(/[:=]/);
      assert.ok(Number(offset) > last, `${record} comes behind offset ${last}`);
      last = Number(offset);
      const original = this.#records.find((appended) => appended.offset === last);
      assert.deepEqual([key, value], [original?.key, original?.value], `${record} is not what was appended`);
      if (value === '') found.delete(key);
      else found.set(key, value);
    }
    // Invariant I21.
    assert.deepEqual(new Map([...found].sort()), new Map([...this.#latest(log.endOffset)].sort()));
    const batches = await batchesOf(log);
    const scanned: number[] = [];
    await log.scan(log.startOffset, (batch) => scanned.push(lastOffset(batch)));
    assert.deepEqual(scanned, batches.map(lastOffset));
  }

  /** What is gone from the end is forgotten: other records get its offsets. */
  reopened(log: PartitionLog): void {
    while ((this.#records.at(-1)?.offset ?? -1) >= log.endOffset) this.#records.pop();
    this.durableOffset = log.endOffset;
  }
}

async function open(env: LifeEnv, model: KeyModel): Promise<{ engine: LocalLogEngine; log: PartitionLog }> {
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 1_000 });
  const log = await engine.open(logId(), settings);
  await model.check(log);
  model.reopened(log);
  return { engine, log };
}

async function append(log: PartitionLog, model: KeyModel, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    model.appended(text, log.endOffset);
    appendKeyed(log, [text]);
  }
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  model.durableOffset = log.endOffset;
  await settle(20);
}

function someRecords(random: SeededRandom, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const value = random.chance(0.3) ? '' : `${index}-${'x'.repeat(random.below(150))}`;
    return `key${random.below(5)}=${value}`;
  });
}

/** Appends, compactions before and behind the horizon of tombstones, and more appends. */
async function live(env: LifeEnv, model: KeyModel, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const { engine, log } = await open(env, model);
  for (let round = 0; round < 3; round += 1) {
    // A dead process takes no further step.
    if (env.isDead?.() === true) return new Promise(() => {});
    await append(log, model, someRecords(random, 14));
    await log.compact(compactionRequest(log, { keys: keyMap(random.chance(0.3) ? 100 : undefined) }));
    await model.check(log);
    await env.clock.advance(DELETE_RETENTION_MS);
  }
  await log.close();
  await engine.close();
}

/** Dies at one call, opens what is left, checks it, and goes on. */
async function crashAt(call: number, seed: number, plant: (disk: Disk) => Disk = (disk) => disk): Promise<void> {
  const env = testEnv(seed * 10_000 + call);
  const model = new KeyModel();
  env.disk.judge = ({ sequence }) => ({ kind: sequence === call ? 'crash' : 'ok' });
  await untilDeath(env.disk, live({ ...env, disk: plant(env.disk), isDead: () => env.disk.dead }, model, seed));
  const after = nextProcess(env);
  const { engine, log } = await open(after, model);
  await append(log, model, ['key0=behind', 'key1=']);
  await log.compact(compactionRequest(log));
  await model.check(log);
  await log.close();
  await engine.close();
}

async function callsOf(seed: number): Promise<number> {
  const env = testEnv(seed);
  await live(env, new KeyModel(), seed);
  return env.disk.operations;
}

/** Answers how many calls there were. Throws when one of them loses what it must not. */
export async function crashAtEachCall(): Promise<number> {
  const calls = await callsOf(1);
  for (let call = 0; call < calls; call += 1) await crashAt(call, 1);
  return calls;
}

/**
 * The process dies at each of the first steps of a swap in turn, which leaves names that only the kernel knows; then the power goes at each call of the next opening. Answers
 * how often. Throws when one of them loses what it must not.
 */
export async function crashAfterEachKill(): Promise<number> {
  let count = 0;
  for (let step = 0; step < SWAP_STEPS; step += 1) {
    for (let call = 0; await killAndCrash(step, call); call += 1) count += 1;
  }
  return count;
}

/** All names that the first swap of the life gives. */
const SWAP_STEPS = 12;

/** False when the opening is over before the call. */
async function killAndCrash(step: number, call: number): Promise<boolean> {
  const env = testEnv(step * 10_000 + call);
  const model = new KeyModel();
  let steps = 0;
  env.disk.judge = ({ kind, path }) => {
    if (steps > step) env.disk.kill();
    if (kind === 'rename' && /\.(cleaned|swap|log|index|timeindex)$/.test(path)) steps += 1;
    return { kind: 'ok' };
  };
  await untilDeath(env.disk, live({ ...env, isDead: () => env.disk.dead }, model, 1));
  const next = nextProcess(env);
  next.disk.judge = ({ sequence }) => ({ kind: sequence === call ? 'crash' : 'ok' });
  await untilDeath(next.disk, open(next, model));
  const isCrashed = next.disk.dead;
  const { engine, log } = await open(nextProcess(next), model);
  await log.close();
  await engine.close();
  return isCrashed;
}

/** A disk on which the contents of compacted segments are not synced. */
function withoutFileSync(disk: Disk): Disk {
  const open = async (path: string, mode: Parameters<Disk['open']>[1]): Promise<DiskFile> => {
    const file = await disk.open(path, mode);
    return path.endsWith('.log.cleaned') ? bound(file, { sync: async () => {} }) : file;
  };
  return bound(disk, { open });
}

/** A disk on which the directory is not synced between the renames of a swap. */
function withoutNameSync(disk: Disk): Disk {
  let isSwapping = false;
  const rename = async (from: string, to: string): Promise<void> => {
    isSwapping = to.endsWith('.swap') || to.endsWith('.deleted');
    await disk.rename(from, to);
  };
  const syncDirectory = async (path: string): Promise<void> => {
    if (!isSwapping) await disk.syncDirectory(path);
  };
  return bound(disk, { rename, syncDirectory });
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

const planted = { 'contents are not synced': withoutFileSync, 'names are not synced': withoutNameSync };

/** Whether a crash at one of the calls shows it. */
export async function findsPlanted(bug: keyof typeof planted): Promise<boolean> {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const calls = await callsOf(seed);
    for (let call = 0; call < calls; call += 1) {
      try {
        await crashAt(call, seed, planted[bug]);
      } catch (error) {
        if (error instanceof assert.AssertionError) return true;
        throw error;
      }
    }
  }
  return false;
}
