import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logId } from '../../log.fixture.ts';
import type { CopiedLog } from './manifest.ts';
import { placeLogs } from './place-logs.ts';

const MB = 1024 ** 2;
const METADATA = '__cluster_metadata';

function copied(partition: number, bytes: number, topic = 'orders'): CopiedLog {
  const files = [{ name: '00000000000000000000.log', bytes, isLinked: false }];
  return { ...logId({ topic, partition }), startOffset: 0, endOffset: 1, cleanOffset: 0, files };
}

/** The partitions that each directory gets, without that of the metadata. */
function placed(usableMb: readonly number[], logsMb: readonly number[]): readonly (readonly number[])[] {
  const directories = usableMb.map((mb, index) => ({ root: `data-${index}`, usableBytes: mb * MB }));
  const logs = [...logsMb.map((mb, index) => copied(index, mb * MB)), copied(0, 1_000, METADATA)];
  const places = placeLogs({ logs, metadataTopic: METADATA, directories });
  assert.deepEqual(
    [...places.keys()],
    directories.map(({ root }) => root),
  );
  assert.ok(places.get('data-0')?.some(({ topic }) => topic === METADATA));
  return Array.from(places.values(), (of) =>
    of.filter(({ topic }) => topic !== METADATA).map(({ partition }) => partition),
  );
}

test('one directory gets everything', () => {
  assert.deepEqual(placed([0], [3, 2, 1]), [[0, 1, 2]]);
});

test('directories of one size get as many logs each', () => {
  assert.deepEqual(placed([10_000, 10_000], [1, 1, 1, 1]), [
    [0, 2],
    [1, 3],
  ]);
});

test('a log goes where there is room for it, counting those that are still to come', () => {
  assert.deepEqual(placed([100, 1_000], [90, 20, 20]), [[], [0, 1, 2]]);
  assert.deepEqual(placed([1_000, 1_100], [800, 700]), [[1], [0]]);
});
