import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import type { AbortedTransaction } from '../log-engine.ts';
import { OpenFiles, PooledFile } from './open-files.ts';
import { TransactionIndex } from './transaction-index.ts';

async function filesOf(env: TestEnv): Promise<OpenFiles> {
  await env.disk.makeDirectory('data');
  return new OpenFiles({ disk: env.disk, lifecycle: new Lifecycle(env.logger), openMax: 10 });
}

function indexOf(files: OpenFiles, fileBytes: number, baseOffset = 0): TransactionIndex {
  return new TransactionIndex({ baseOffset, file: new PooledFile('data/txnindex', 'create'), files, fileBytes });
}

/** Producer `n` is aborted from 10n to 10n + 5. */
function transaction(n: number): AbortedTransaction {
  return { producerId: n, firstOffset: 10 * n, lastOffset: 10 * n + 5, lastStableOffset: 10 * n + 6 };
}

async function collected(index: TransactionIndex, offset: number, upperOffset: number): Promise<readonly number[]> {
  const found: AbortedTransaction[] = [];
  await index.collect({ offset, upperOffset }, found);
  return found.map(({ producerId }) => producerId);
}

test("an entry has the bytes of Kafka's", async () => {
  const env = testEnv();
  const index = indexOf(await filesOf(env), 0, 73);
  index.append({ producerId: 4, firstOffset: 92, lastOffset: 97, lastStableOffset: 98 });
  await index.sync();
  const kafkas = readFileSync(new URL('testdata/samples-0/00000000000000000073.txnindex', import.meta.url));
  const written = Buffer.alloc(kafkas.length);
  assert.equal(env.disk.file('data/txnindex')?.bytes, kafkas.length);
  env.disk.file('data/txnindex')?.read(written, 0);
  assert.deepEqual(written, kafkas);
});

test('entries are found wherever they are: in the file, in memory, in both', async () => {
  const files = await filesOf(testEnv());
  const index = indexOf(files, 0);
  for (let n = 0; n < 1_000; n++) {
    index.append(transaction(n));
    if (n === 700) await index.entries.flush();
  }
  const all = Array.from({ length: 1_000 }, (_, n) => n);
  for (const [offset, upperOffset] of [
    [0, 20_000],
    [0, 15],
    [6_995, 7_045],
    [7_006, 7_011],
    [9_996, 20_000],
  ] as const) {
    const expected = all.filter((n) => 10 * n + 5 >= offset && 10 * n < upperOffset);
    assert.deepEqual(await collected(index, offset, upperOffset), expected);
  }
  await index.sync();
  assert.deepEqual(await collected(indexOf(files, 1_000 * 34), 0, 20_000), all);
});

test('that nothing is listed from an offset on is known without reading', async () => {
  const files = await filesOf(testEnv());
  const index = indexOf(files, 0);
  assert.equal(index.mayHaveSince(0), false);
  index.append(transaction(3));
  assert.deepEqual([index.mayHaveSince(35), index.mayHaveSince(36)], [true, false]);
  await index.sync();
  const again = indexOf(files, 34);
  assert.equal(again.mayHaveSince(36), true);
  await collected(again, 0, 100);
  assert.equal(again.mayHaveSince(36), false);
});

test('a list that has become shorter is a fault, not an end', async () => {
  const env = testEnv();
  const files = await filesOf(env);
  const index = indexOf(files, 0);
  for (let n = 0; n < 10; n++) index.append(transaction(n));
  await index.sync();
  env.disk.file('data/txnindex')?.truncate(3 * 34);
  await assert.rejects(collected(index, 0, 1_000), { kind: 'absent' });
});

test('a cut keeps what rises, makes sense and ends at or below the offset', async () => {
  const env = testEnv();
  const files = await filesOf(env);
  const index = indexOf(files, 0);
  for (let n = 0; n < 10; n++) index.append(transaction(n));
  await index.sync();
  await index.truncateAbove(44);
  assert.deepEqual(await collected(index, 0, 1_000), [0, 1, 2, 3]);
  assert.equal(index.isSynced, false);
  await index.sync();
  env.disk.file('data/txnindex')?.write(2 * 34, new Uint8Array(34));
  const torn = indexOf(files, 4 * 34);
  await torn.truncateAbove(1_000);
  assert.deepEqual(await collected(torn, 0, 1_000), [0, 1]);
});
