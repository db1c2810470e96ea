/** A time index that does not fit its segment changes no answer about times. Fails when invariant I30 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import { fileName, TIME_INDEX } from './file-names.ts';
import { startEngine } from './local-engine.fixture.ts';
import { TIME_ENTRY_BYTES } from './time-index.ts';

const TIME = 1_700_000_000_000;
const RECORDS = 60;
const PER_SEGMENT = 20;
/** What one batch of the fixture takes. */
const BATCH_BYTES = 88;
const settings = logSettings({ segmentBytes: PER_SEGMENT * BATCH_BYTES, indexIntervalBytes: 0 });

/** What becomes of the entries of a complete segment. */
const damages: Readonly<Record<string, (entries: Buffer) => void>> = {
  'offsets that are too large': (entries) => {
    each(entries, (at) => {
      entries.writeInt32BE(Math.min(PER_SEGMENT - 1, entries.readInt32BE(at + 8) + 3), at + 8);
    });
  },
  'offsets of no batch': (entries) => each(entries, (at) => entries.writeInt32BE(1_000_000, at + 8)),
  'timestamps that are too small': (entries) => {
    each(entries, (at) => entries.writeBigInt64BE(entries.readBigInt64BE(at) - 50n, at));
  },
  'a last timestamp that is too large': (entries) => {
    entries.writeBigInt64BE(BigInt(TIME + 100_000), entries.byteLength - TIME_ENTRY_BYTES);
  },
  'garbage in the middle': (entries) => void entries.fill(0xff, 3 * TIME_ENTRY_BYTES, 6 * TIME_ENTRY_BYTES),
};

function each(entries: Buffer, change: (at: number) => void): void {
  for (let at = 0; at < entries.byteLength; at += TIME_ENTRY_BYTES) change(at);
}

async function written(stop: 'clean' | 'crash'): Promise<TestEnv> {
  const env = testEnv();
  const engine = await startEngine(env);
  const log = await engine.open(logId(), settings);
  for (let index = 0; index < RECORDS; index += 1) appendTo(log, { timestamp: TIME + index * 10 });
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === RECORDS);
  await env.clock.advance(10_000);
  if (stop === 'clean') {
    await log.close();
    await engine.close();
  }
  return nextProcess(env, testEnv(2));
}

for (const stop of ['clean', 'crash'] as const) {
  for (const [name, damage] of Object.entries(damages)) {
    test(`after a ${stop} stop, a time index with ${name}`, async () => {
      const env = await written(stop);
      const file = await env.disk.open(`data/orders-0/${fileName(0, TIME_INDEX)}`, 'existing');
      const entries = Buffer.alloc(await file.size());
      await file.read(entries, 0);
      damage(entries);
      await file.write([entries], 0);
      const log = await (await startEngine(env)).open(logId(), settings);
      for (let offset = 0; offset < RECORDS; offset += 1) {
        const timestamp = TIME + offset * 10;
        for (const asked of [timestamp, timestamp - 5]) {
          const found = await log.offsetForTimestamp({ timestamp: asked, endOffset: RECORDS });
          assert.deepEqual(found, { timestamp, offset, leaderEpoch: 0 });
        }
      }
      assert.equal((await log.offsetOfMaxTimestamp())?.offset, RECORDS - 1);
    });
  }
}
