/** What compaction does to a log, whatever engine keeps it: a part of the engines' contract suite. */
import assert from 'node:assert/strict';
import { hasValidCrc } from '../../protocol/batch/crc32c.ts';
import { baseOffset, isControl, lastOffset, producerId, recordCount } from '../../protocol/batch/header.ts';
import type { EngineUnderTest } from '../engine-under-test.fixture.ts';
import { logId, whenProgress } from '../log.fixture.ts';
import type { PartitionLog } from '../log-engine.ts';
import {
  appendKeyed,
  appendMarker,
  batchesOf,
  compactedSettings,
  compactionRequest,
  keyed,
  keyMap,
  recordsIn,
} from './compaction.fixture.ts';
import type { CompactionRequest } from './compaction-request.ts';

type Check = (title: string, body: (subject: EngineUnderTest) => Promise<void>) => void;

/** Makes what is in the log so far complete: it goes into a new segment whatever comes next. */
const filler = ['filler='.padEnd(500, 'x')];

async function compact(log: PartitionLog, request: Partial<CompactionRequest> = {}) {
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  await diskIdle();
  return log.compact(compactionRequest(log, request));
}

/** A segment that is complete finishes its indexes after the sync: also on a real disk nothing is under way any more. */
async function diskIdle(): Promise<void> {
  for (let idleTurns = 0; idleTurns < 20; ) {
    await new Promise((resolve) => setImmediate(resolve));
    idleTurns = process.getActiveResourcesInfo().includes('FSReqCallback') ? 0 : idleTurns + 1;
  }
}

export function compactionContract(check: Check): void {
  check('compaction leaves the last record of each key, at its offset', async ({ engine }) => {
    const log = await engine.open(logId(), compactedSettings());
    appendKeyed(log, ['a=1', 'b=1', 'c=1']);
    appendKeyed(log, ['a=2', 'd=1']);
    appendKeyed(log, ['b=']);
    appendKeyed(log, filler);
    appendKeyed(log, ['a=3']);
    const before = log.bytes;
    const result = await compact(log);
    assert.equal(result?.cleanOffset, 7);
    assert.deepEqual((await recordsIn(log)).slice(0, 4), ['2:c=1', '3:a=2', '4:d=1', '5:b=']);
    assert.equal(log.bytes, before - (result.bytesBefore - result.bytesAfter));
    assert.ok((await batchesOf(log)).every(hasValidCrc));
    assert.equal((await log.offsetOfMaxTimestamp())?.offset, 2);
    assert.equal((await log.offsetForTimestamp({ timestamp: 1, endOffset: log.endOffset }))?.offset, 2);
    await log.close();
  });

  check(
    'the segment that takes the appends, and what is not to be touched yet, stay as they are',
    async ({ engine }) => {
      const log = await engine.open(logId(), compactedSettings());
      for (let count = 0; count < 9; count += 1) appendKeyed(log, ['a=1'.padEnd(100, 'x')]);
      const before = (await recordsIn(log)).length;
      assert.equal((await compact(log, { upTo: 0 }))?.bytesBefore, 0);
      assert.equal((await recordsIn(log)).length, before);
      await compact(log, { upTo: 3 });
      assert.equal((await recordsIn(log)).length, before - 1, 'only the first segment, which has two records');
      await compact(log);
      assert.ok((await recordsIn(log)).length < before - 1);
      assert.equal((await recordsIn(log)).at(-1)?.slice(0, 5), '8:a=1');
      await log.close();
    },
  );

  check('a read at an offset that is gone gets the next batch', async ({ engine }) => {
    const log = await engine.open(logId(), compactedSettings());
    appendKeyed(log, ['a=1']);
    appendKeyed(log, ['b=1']);
    appendKeyed(log, ['a=2']);
    appendKeyed(log, filler);
    await compact(log);
    const slice = await log.read({ offset: 0, endOffset: log.endOffset, bytesMax: 1, atLeastOneBatch: true });
    assert.equal(slice.parts[0] === undefined ? -1 : baseOffset(slice.parts[0]), 1);
    await log.close();
  });

  check('a tombstone stays for delete.retention.ms from the pass that found it', async ({ engine, advance }) => {
    const log = await engine.open(logId(), compactedSettings({ deleteRetentionMs: 1_000 }));
    appendKeyed(log, ['a=1']);
    appendKeyed(log, ['a=']);
    appendKeyed(log, ['b=1']);
    appendKeyed(log, filler);
    await compact(log);
    assert.deepEqual((await recordsIn(log)).slice(0, 2), ['1:a=', '2:b=1']);
    await advance(999);
    await compact(log);
    assert.equal((await recordsIn(log))[0], '1:a=', 'the horizon is set once');
    await advance(1);
    await compact(log);
    assert.equal((await recordsIn(log))[0], '2:b=1');
    await log.close();
  });

  check('records of aborted transactions go first, their marker by its horizon', async ({ engine, advance }) => {
    const log = await engine.open(logId(), compactedSettings({ deleteRetentionMs: 1_000 }));
    const transactional = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true };
    appendKeyed(log, ['a=kept']);
    appendKeyed(log, ['a=aborted'], transactional);
    appendMarker(log, 7, 1);
    appendKeyed(log, ['c=committed'], { ...transactional, producerId: 8 });
    appendMarker(log, 8);
    appendKeyed(log, ['end=1']);
    appendKeyed(log, filler);
    const markers = async () => (await batchesOf(log)).filter(isControl).map(lastOffset);
    await compact(log);
    assert.deepEqual((await recordsIn(log)).slice(0, 3), ['0:a=kept', '3:c=committed', '5:end=1']);
    assert.deepEqual(await markers(), [2, 4]);
    const listed = async () =>
      (await log.abortedTransactions({ offset: 0, nextOffset: 7 })).map(({ lastOffset: end }) => end);
    assert.deepEqual(await listed(), [2], 'for those who have read the records before');
    await compact(log);
    assert.deepEqual(await listed(), []);
    await advance(1_000);
    assert.deepEqual(await markers(), [2, 4]);
    await compact(log);
    assert.deepEqual(await markers(), [4], 'a transaction with records keeps its marker');
    await log.close();
  });

  check('a transaction that was aborted behind the compacted segments leaves no record in them', async ({ engine }) => {
    const log = await engine.open(logId(), compactedSettings());
    appendKeyed(log, ['a=aborted'], { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true });
    appendKeyed(log, ['b=1']);
    appendKeyed(log, filler);
    appendMarker(log, 7, 0);
    await compact(log);
    assert.equal((await recordsIn(log))[0], '1:b=1');
    await log.close();
  });

  check('the last batch of an active producer stays, if need be without records', async ({ engine }) => {
    const log = await engine.open(logId(), compactedSettings());
    appendKeyed(log, ['a=1'], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    appendKeyed(log, ['a=2'], { producerId: 7, producerEpoch: 0, baseSequence: 1 });
    appendKeyed(log, ['a=3']);
    appendKeyed(log, filler);
    await compact(log, { isLastOfProducer: (batch) => lastOffset(batch) === 1 });
    const [first] = await batchesOf(log);
    assert.ok(first !== undefined);
    assert.deepEqual([lastOffset(first), recordCount(first), producerId(first)], [1, 0, 7]);
    assert.deepEqual((await recordsIn(log))[0], '2:a=3');
    await log.close();
  });

  check('a batch whose records are gone is not the one with the largest timestamp', async ({ engine, reopen }) => {
    const log = await engine.open(logId(), compactedSettings());
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    const late = (text: string) => ({ ...keyed(text), timestamp: 1_700_000_000_500 });
    appendKeyed(log, [], { ...producer, records: [late('a=1')] });
    appendKeyed(log, ['a=2']);
    appendKeyed(log, filler);
    assert.equal((await log.offsetOfMaxTimestamp())?.offset, 0);
    await compact(log, { isLastOfProducer: (batch) => lastOffset(batch) === 0 });
    const wanted = { timestamp: 1_700_000_000_000, offset: 1, leaderEpoch: 0 };
    assert.deepEqual(await log.offsetOfMaxTimestamp(), wanted);
    await log.close();
    const again = await (await reopen()).open(logId(), compactedSettings());
    assert.deepEqual(await again.offsetOfMaxTimestamp(), wanted);
    await again.close();
  });

  check('the largest append time is told of a record that is there', async ({ engine }) => {
    const log = await engine.open(logId(), compactedSettings());
    appendKeyed(log, ['a=1', 'b=1'], { logAppendTimeMs: 1_700_000_000_500 });
    appendKeyed(log, ['a=2']);
    appendKeyed(log, filler);
    await compact(log);
    assert.equal((await log.offsetOfMaxTimestamp())?.offset, 1);
    await log.close();
  });

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    check(`a batch packed with ${compression} stays so`, async ({ engine }) => {
      const log = await engine.open(logId(), compactedSettings());
      appendKeyed(log, ['a=1', 'b=1', 'c=1'], { compression });
      appendKeyed(log, ['a=2'], { compression });
      appendKeyed(log, filler);
      const untouched = (await batchesOf(log))[1];
      await compact(log);
      assert.deepEqual((await recordsIn(log)).slice(0, 3), ['1:b=1', '2:c=1', '3:a=2']);
      const [first, second] = await batchesOf(log);
      assert.equal(first === undefined ? undefined : (first[22] ?? 0) & 7, (untouched?.[22] ?? 0) & 7);
      assert.deepEqual(second, untouched, 'a batch that loses nothing keeps its bytes');
      await log.close();
    });
  }

  check('keys that do not fit into memory are done in the next passes', async ({ engine }) => {
    const log = await engine.open(logId(), compactedSettings({ segmentBytes: 2_000 }));
    for (let round = 0; round < 3; round += 1) {
      for (let key = 0; key < 8; key += 1) appendKeyed(log, [`key${key}=${round}`]);
    }
    appendKeyed(log, ['filler='.padEnd(2_000, 'x')]);
    const first = await compact(log, { keys: keyMap(300) });
    assert.ok(first !== undefined && first.cleanOffset < 24);
    let cleanOffset = first.cleanOffset;
    while (cleanOffset < 24) {
      const next = await compact(log, { keys: keyMap(300) });
      assert.ok(next !== undefined && next.cleanOffset > cleanOffset);
      cleanOffset = next.cleanOffset;
    }
    const expected = Array.from({ length: 8 }, (_, key) => `${16 + key}:key${key}=2`);
    assert.deepEqual((await recordsIn(log)).slice(0, 8), expected);
    await log.close();
  });

  check('what is compacted stays so after a restart, and is not done again', async ({ engine, reopen }) => {
    const log = await engine.open(logId(), compactedSettings());
    appendKeyed(log, ['a=1']);
    appendKeyed(log, ['a=2']);
    appendKeyed(log, filler);
    await compact(log);
    const before = await recordsIn(log);
    await log.close();
    const again = await (await reopen()).open(logId(), compactedSettings());
    assert.deepEqual(await recordsIn(again), before);
    assert.equal(again.cleanable(again.endOffset).dirtyBytes, 0);
    await again.close();
  });
}
