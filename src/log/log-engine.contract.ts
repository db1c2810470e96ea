/**
 * What every log engine does: the specification of `LogEngine` and `PartitionLog` as a test suite. An engine's test file calls it with a way
 * to make the engine; `reopen` is a clean stop and a new start over the same data.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseOffset, lastOffset } from '../protocol/batch/header.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { compactionContract } from './compaction/compaction.contract.ts';
import type { EngineUnderTest } from './engine-under-test.fixture.ts';
import { appendTo, logId, logSettings, whenProgress } from './log.fixture.ts';
import type { LogRead, LogSlice, PartitionLog } from './log-engine.ts';
import { LogClosed } from './log-faults.ts';

export function logEngineContract(name: string, make: () => Promise<EngineUnderTest>): void {
  describe(`log engine contract: ${name}`, () => {
    const check = (title: string, body: (subject: EngineUnderTest) => Promise<void>): void => {
      test(title, async () => {
        const subject = await make();
        try {
          await body(subject);
        } finally {
          await subject.stop();
        }
      });
    };

    check('a new log is empty and begins at 0', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings());
      assert.deepEqual([log.startOffset, log.endOffset, log.writtenOffset, log.durableOffset], [0, 0, 0, 0]);
      assert.deepEqual(log.leaderEpochs, []);
      assert.deepEqual((await readAll(log)).offsets, []);
      assert.equal(await log.offsetOfMaxTimestamp(), undefined);
      await log.close();
    });

    check('what was appended can be read at once, byte for byte', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings());
      const sent = [
        appendTo(log, { records: 3 }),
        appendTo(log, { records: 1 }),
        appendTo(log, { valueBytes: 20_000 }),
      ];
      const slice = await log.read({ offset: 0, endOffset: 5, bytesMax: 1_000_000, atLeastOneBatch: true });
      assert.deepEqual(Buffer.concat(slice.parts), Buffer.concat(sent));
      assert.equal(slice.nextOffset, 5);
      assert.equal(slice.bytes, Buffer.concat(sent).byteLength);
      await log.close();
    });

    check('a read begins with the batch that contains the offset', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings());
      appendTo(log, { records: 3 });
      appendTo(log, { records: 3 });
      assert.deepEqual(await read(log, { offset: 4 }), [[3, 5]]);
      assert.deepEqual(await read(log, { offset: 2 }), [
        [0, 2],
        [3, 5],
      ]);
      await log.close();
    });

    check('a read returns whole batches up to its limits, and one batch beyond them if it must', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings());
      const size = appendTo(log, {}).byteLength;
      appendTo(log, {});
      appendTo(log, {});
      assert.deepEqual(await read(log, { bytesMax: size * 2 }), [
        [0, 0],
        [1, 1],
      ]);
      assert.deepEqual(await read(log, { bytesMax: size - 1 }), []);
      assert.deepEqual(await read(log, { bytesMax: size - 1, atLeastOneBatch: true }), [[0, 0]]);
      assert.deepEqual(await read(log, { endOffset: 2 }), [
        [0, 0],
        [1, 1],
      ]);
      assert.deepEqual(await read(log, { endOffset: 0, atLeastOneBatch: true }), []);
      await log.close();
    });

    check('written and durable offsets follow, and progress is told', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings());
      appendTo(log, { records: 2 });
      await whenProgress(log, () => log.writtenOffset === 2);
      log.requestSync();
      await whenProgress(log, () => log.durableOffset === 2);
      await log.close();
    });

    check('leader epochs are listed where they began', async ({ engine, reopen }) => {
      let log = await engine.open(logId(), logSettings());
      appendTo(log, { leaderEpoch: 0 });
      appendTo(log, { leaderEpoch: 0 });
      appendTo(log, { leaderEpoch: 4 });
      const expected = [
        { epoch: 0, startOffset: 0 },
        { epoch: 4, startOffset: 2 },
      ];
      assert.deepEqual(log.leaderEpochs, expected);
      await log.close();
      log = await (await reopen()).open(logId(), logSettings());
      assert.deepEqual(log.leaderEpochs, expected);
      await log.close();
    });

    check('everything is there after a clean stop', async ({ engine, reopen }) => {
      const settings = logSettings({ segmentBytes: 400 });
      let log = await engine.open(logId(), settings);
      for (let index = 0; index < 20; index += 1) appendTo(log, { records: 2 });
      const before = await readAll(log);
      await log.close();
      log = await (await reopen()).open(logId(), settings);
      assert.equal(log.endOffset, 40);
      assert.equal(log.durableOffset, 40);
      assert.deepEqual(await readAll(log), before);
      appendTo(log, {});
      assert.deepEqual((await readAll(log)).offsets.at(-1), [40, 40]);
      await log.close();
    });

    check('a read stays inside one segment', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings({ segmentBytes: 250 }));
      const rolls: number[] = [];
      log.onRoll = (offset) => rolls.push(offset);
      for (let index = 0; index < 6; index += 1) appendTo(log, {});
      assert.ok(rolls.length >= 2, 'the test needs several segments');
      const first = await log.read({ offset: 0, endOffset: 6, bytesMax: 10_000, atLeastOneBatch: true });
      assert.equal(first.nextOffset, rolls[0]);
      assert.equal((await readAll(log)).offsets.length, 6);
      await log.close();
    });

    check('a segment rolls by record time', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings({ segmentMs: 1000 }));
      const rolls: number[] = [];
      log.onRoll = (offset) => rolls.push(offset);
      appendTo(log, { timestamp: 5_000 });
      appendTo(log, { timestamp: 6_000 });
      appendTo(log, { timestamp: 6_001 });
      appendTo(log, { timestamp: 6_002 });
      assert.deepEqual(rolls, [2]);
      await log.close();
    });

    check('records are found by time', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings({ segmentBytes: 300, indexIntervalBytes: 0 }));
      for (const timestamp of [1000, 3000, 2000, 5000, 4000, 5000]) appendTo(log, { timestamp });
      await whenProgress(log, () => log.writtenOffset === 6);
      const find = async (timestamp: number, endOffset = 6): Promise<number | undefined> =>
        (await log.offsetForTimestamp({ timestamp, endOffset }))?.offset;
      assert.equal(await find(0), 0);
      assert.equal(await find(1000), 0);
      assert.equal(await find(1001), 1);
      assert.equal(await find(3001), 3);
      assert.equal(await find(5000), 3);
      assert.equal(await find(5001), undefined);
      assert.equal(await find(5000, 3), undefined);
      assert.deepEqual(await log.offsetOfMaxTimestamp(), { timestamp: 5000, offset: 3, leaderEpoch: 0 });
      await log.advanceStart(2);
      assert.equal(await find(0), 2);
      await log.close();
    });

    check('a moved start stays moved, and segments below it go', async ({ engine, reopen }) => {
      const settings = logSettings({ segmentBytes: 250 });
      let log = await engine.open(logId(), settings);
      for (let index = 0; index < 6; index += 1) appendTo(log, { leaderEpoch: index });
      await whenProgress(log, () => log.writtenOffset === 6);
      const bytes = log.bytes;
      await log.advanceStart(4);
      assert.equal(log.startOffset, 4);
      assert.ok(log.bytes < bytes);
      assert.equal(log.leaderEpochs[0]?.startOffset, 4);
      await log.close();
      log = await (await reopen()).open(logId(), settings);
      assert.equal(log.startOffset, 4);
      assert.equal(log.endOffset, 6);
      assert.deepEqual((await readAll(log)).offsets, [
        [4, 4],
        [5, 5],
      ]);
      await log.close();
    });

    check('retention by size takes the oldest segments and not what is at or above its bound', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings({ segmentBytes: 250, retentionBytes: 300 }));
      for (let index = 0; index < 9; index += 1) appendTo(log, {});
      await whenProgress(log, () => log.writtenOffset === 9);
      assert.equal(await log.applyRetention(1), 0);
      assert.ok((await log.applyRetention(9)) > 0);
      assert.ok(log.startOffset > 0 && log.startOffset < 9);
      assert.ok(log.bytes >= 300);
      assert.deepEqual((await readAll(log)).offsets[0]?.[0], log.startOffset);
      await log.close();
    });

    check(
      'retention by time takes everything that is too old, the last segment too',
      async ({ engine, advance, reopen }) => {
        const settings = logSettings({ retentionMs: 1000, segmentBytes: 250 });
        let log = await engine.open(logId(), settings);
        appendTo(log, { timestamp: 1 });
        appendTo(log, { timestamp: 2 });
        appendTo(log, { timestamp: 3 });
        await whenProgress(log, () => log.writtenOffset === 3);
        await advance(10_000);
        const rolls: number[] = [];
        log.onRoll = (offset) => rolls.push(offset);
        assert.ok((await log.applyRetention(3)) > 0);
        assert.deepEqual(rolls, [3]);
        assert.deepEqual([log.startOffset, log.endOffset, log.bytes], [3, 3, 0]);
        await log.close();
        log = await (await reopen()).open(logId(), settings);
        assert.deepEqual([log.startOffset, log.endOffset], [3, 3]);
        appendTo(log, {});
        assert.equal(log.endOffset, 4);
        await log.close();
      },
    );

    check('a compacted topic keeps its old segments', async ({ engine, advance }) => {
      const log = await engine.open(
        logId(),
        logSettings({ retentionMs: 1, segmentBytes: 250, cleanupPolicy: ['compact'] }),
      );
      for (let index = 0; index < 4; index += 1) appendTo(log, { timestamp: 1 });
      await advance(10_000);
      assert.equal(await log.applyRetention(4), 0);
      await log.close();
    });

    check('a scan visits every batch from the one with the offset', async ({ engine, reopen }) => {
      let log = await engine.open(logId(), logSettings({ segmentBytes: 500 }));
      for (let index = 0; index < 5; index += 1) appendTo(log, { records: 2 });
      await log.close();
      log = await (await reopen()).open(logId(), logSettings({ segmentBytes: 500 }));
      const visited: number[] = [];
      await log.scan(3, (batch) => visited.push(baseOffset(batch)));
      assert.deepEqual(visited, [2, 4, 6, 8]);
      await log.close();
    });

    check('aborted transactions are listed to those whose records they may be', async ({ engine, reopen }) => {
      const settings = logSettings({ segmentBytes: 400, indexIntervalBytes: 0 });
      let log = await engine.open(logId(), settings);
      assert.deepEqual(await aborted(log, 0, 1), []);
      appendAborts(log);
      const all: readonly [number, number, string[]][] = [
        [0, 1, ['1:0-4']],
        [0, 3, ['1:0-4', '3:2-6']],
        [4, 5, ['1:0-4', '3:2-6']],
        [5, 6, ['3:2-6']],
        [7, 8, []],
        [8, 12, ['2:9-14']],
        [15, 16, []],
      ];
      for (const [offset, nextOffset, expected] of all) assertCovers(await aborted(log, offset, nextOffset), expected);
      await log.writeSnapshot(log.endOffset, Buffer.from('state'));
      await log.close();
      log = await (await reopen()).open(logId(), settings);
      for (const [offset, nextOffset, expected] of all) assertCovers(await aborted(log, offset, nextOffset), expected);
      assert.equal(log.listsAborted(log.abortedCounts()), true);
      await log.close();
    });

    check('a read far before an aborted transaction does not list it', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings({ indexIntervalBytes: 100 }));
      for (let index = 0; index < 20; index += 1) appendTo(log, {});
      appendTo(log, { aborted: { producerId: 1, firstOffset: 18, lastOffset: 20, lastStableOffset: 21 } });
      assert.deepEqual(await aborted(log, 0, 2), []);
      assert.deepEqual(await aborted(log, 10, 19), ['1:18-20']);
      await log.close();
    });

    check('aborted transactions are forgotten and listed again', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings({ segmentBytes: 400 }));
      appendAborts(log);
      await log.forgetAborted(6);
      assertCovers(await aborted(log, 0, 16), ['1:0-4']);
      log.listAborted({ producerId: 3, firstOffset: 2, lastOffset: 6, lastStableOffset: 7 });
      log.listAborted({ producerId: 2, firstOffset: 9, lastOffset: 14, lastStableOffset: 15 });
      assertCovers(await aborted(log, 0, 16), ['1:0-4', '3:2-6', '2:9-14']);
      await log.close();
    });

    check('aborted transactions go with their segments', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings({ segmentBytes: 400 }));
      appendAborts(log);
      const counts = log.abortedCounts();
      await whenProgress(log, () => log.writtenOffset === 16);
      await log.advanceStart(12);
      assert.equal(log.listsAborted(counts), true);
      assertCovers(await aborted(log, 12, 16), ['2:9-14']);
      await log.close();
    });

    check('the newest snapshot is found again', async ({ engine, reopen }) => {
      let log = await engine.open(logId(), logSettings());
      for (let index = 0; index < 4; index += 1) appendTo(log, {});
      assert.equal(await log.latestSnapshot(textOf), undefined);
      for (const offset of [1, 2, 4, 3]) await log.writeSnapshot(offset, Buffer.from(`state at ${offset}`));
      await log.close();
      log = await (await reopen()).open(logId(), logSettings());
      assert.deepEqual(await log.latestSnapshot(textOf), { offset: 4, state: 'state at 4' });
      await log.close();
    });

    check(
      'a newest snapshot that cannot be read is removed, and an older one is not taken instead',
      async ({ engine, reopen }) => {
        let log = await engine.open(logId(), logSettings());
        for (let index = 0; index < 4; index += 1) appendTo(log, {});
        await log.writeSnapshot(3, Buffer.from('whole'));
        await log.writeSnapshot(4, Buffer.from('torn'));
        await log.close();
        log = await (await reopen()).open(logId(), logSettings());
        const unlessTorn = (bytes: Uint8Array) => (textOf(bytes) === 'torn' ? undefined : textOf(bytes));
        assert.equal(await log.latestSnapshot(unlessTorn), undefined);
        assert.equal(await log.latestSnapshot(textOf), undefined);
        await log.close();
      },
    );

    check('a closed log takes no append', async ({ engine }) => {
      const log = await engine.open(logId(), logSettings());
      appendTo(log, {});
      await log.close();
      assert.throws(() => appendTo(log, {}), LogClosed);
    });

    check('logs are listed with their bytes, and a removed one is gone', async ({ engine, reopen }) => {
      const one = await engine.open(logId({ partition: 0 }), logSettings());
      const other = await engine.open(logId({ partition: 1 }), logSettings());
      const bytes = appendTo(one, {}).byteLength;
      await one.close();
      await other.close();
      const byPartition = (ids: readonly { partition: number }[]): number[] =>
        ids.map(({ partition }) => partition).sort();
      assert.deepEqual(byPartition(await engine.list()), [0, 1]);
      assert.equal((await engine.usage()).find(({ id }) => id.partition === 0)?.bytes, bytes);
      await engine.remove(logId({ partition: 0 }));
      assert.deepEqual(byPartition(await engine.list()), [1]);
      const again = await reopen();
      assert.deepEqual(byPartition(await again.list()), [1]);
      const fresh = await again.open(logId({ partition: 0 }), logSettings());
      assert.equal(fresh.endOffset, 0);
      await fresh.close();
    });

    compactionContract(check);

    check('a topic made anew under an old name does not see the old records', async ({ engine }) => {
      const old = await engine.open(logId({ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }), logSettings());
      appendTo(old, {});
      await old.close();
      const fresh = await engine.open(logId({ topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }), logSettings());
      assert.equal(fresh.endOffset, 0);
      await fresh.close();
    });
  });
}

/** Sixteen batches; at 4, 6 and 14 transactions of three producers are aborted. */
function appendAborts(log: PartitionLog): void {
  const aborts = new Map([
    [4, { producerId: 1, firstOffset: 0, lastOffset: 4, lastStableOffset: 2 }],
    [6, { producerId: 3, firstOffset: 2, lastOffset: 6, lastStableOffset: 7 }],
    [14, { producerId: 2, firstOffset: 9, lastOffset: 14, lastStableOffset: 15 }],
  ]);
  for (let offset = 0; offset < 16; offset += 1) {
    const aborted = aborts.get(offset);
    appendTo(log, aborted === undefined ? {} : { aborted });
  }
}

/** As `producer:first-last`. */
async function aborted(log: PartitionLog, offset: number, nextOffset: number): Promise<string[]> {
  const listed = await log.abortedTransactions({ offset, nextOffset });
  return listed.map(({ producerId, firstOffset, lastOffset }) => `${producerId}:${firstOffset}-${lastOffset}`);
}

/** What lies behind the range may be listed too, in its order. */
function assertCovers(listed: readonly string[], expected: readonly string[]): void {
  assert.deepEqual(listed.slice(0, expected.length), expected);
}

async function read(log: PartitionLog, request: Partial<LogRead>): Promise<[number, number][]> {
  return ranges(
    await log.read({ offset: 0, endOffset: log.endOffset, bytesMax: 1e6, atLeastOneBatch: false, ...request }),
  );
}

/** All batches from the start, and their bytes. */
async function readAll(log: PartitionLog): Promise<{ offsets: [number, number][]; bytes: Buffer }> {
  const offsets: [number, number][] = [];
  const parts: Uint8Array[] = [];
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const slice = await log.read({ offset, endOffset: log.endOffset, bytesMax: 1e6, atLeastOneBatch: true });
    assert.ok(slice.nextOffset > offset, `nothing at ${offset}`);
    offsets.push(...ranges(slice));
    parts.push(...slice.parts);
    offset = slice.nextOffset;
  }
  return { offsets, bytes: Buffer.concat(parts) };
}

function ranges(slice: LogSlice): [number, number][] {
  return [...batches(Buffer.concat(slice.parts))].map((batch) => [baseOffset(batch), lastOffset(batch)]);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
