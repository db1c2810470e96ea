/** Files that Apache Kafka wrote are read here, and what is written here has the bytes that Kafka writes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { DataDirectoryRefused } from '../../base/faults.ts';
import {
  baseOffset,
  isControl,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
  recordCount,
} from '../../protocol/batch/header.ts';
import { batches } from '../../protocol/batch/iterate.ts';
import { recordsOf } from '../../protocol/batch/records.ts';
import { keyMap } from '../compaction/compaction.fixture.ts';
import { logSettings } from '../log.fixture.ts';
import type { LogId, PartitionLog } from '../log-engine.ts';
import { parseFileName } from './file-names.ts';
import { formatLeaderEpochs, parseLeaderEpochs } from './leader-epoch-checkpoint.ts';
import { startEngine } from './local-engine.fixture.ts';
import type { LocalLogEngine } from './local-engine.ts';
import { formatMetaProperties, parseMetaProperties } from './meta-properties.ts';
import { formatOffsets, parseOffsets } from './offset-checkpoint.ts';
import { formatPartitionMetadata, parsePartitionMetadata } from './partition-metadata.ts';

const testdata = new URL('./testdata/', import.meta.url);
const settings = logSettings({ segmentBytes: 1500, indexIntervalBytes: 300 });
const samples: LogId = { topic: 'samples', topicId: 'VwJTgd4FR2SSRESFfWHAGA', partition: 0 };

function sample(path: string): Buffer {
  return readFileSync(new URL(path, testdata));
}

/** Puts a directory of the samples onto the simulated disk. */
async function copySamples(env: TestEnv, directory: string, clean: boolean): Promise<LocalLogEngine> {
  await env.disk.makeDirectory('data/samples-0');
  const copy = async (name: string, content: Uint8Array): Promise<void> => {
    const file = await env.disk.open(`data/${name}`, 'create');
    await file.write([content], 0);
  };
  for (const name of readdirSync(new URL(directory, testdata))) {
    await copy(`samples-0/${name}`, sample(`${directory}/${name}`));
  }
  if (clean) await copy('.kafka_cleanshutdown', sample('root/kafka_cleanshutdown'));
  return startEngine(env);
}

function contentOf(env: TestEnv, path: string): Buffer {
  const file = env.disk.file(path);
  assert.ok(file !== undefined, `${path} is missing`);
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return bytes;
}

async function readAll(log: PartitionLog): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const slice = await log.read({ offset, endOffset: log.endOffset, bytesMax: 1_000, atLeastOneBatch: true });
    if (slice.nextOffset === offset) break;
    parts.push(...slice.parts);
    offset = slice.nextOffset;
  }
  return Buffer.concat(parts);
}

/** `offset key value` of every record of a client. */
function recordsIn(bytes: Uint8Array): string[] {
  return [...batches(bytes)]
    .filter((batch) => !isControl(batch) && recordCount(batch) > 0)
    .flatMap((batch) => [...recordsOf(batch)])
    .map(
      ({ offset, key, value }) =>
        `${offset} ${key === null ? '' : Buffer.from(key)} ${value === null ? '' : Buffer.from(value)}`,
    );
}

test('compaction leaves the records that Apache Kafka leaves of the same log', async () => {
  const env = testEnv();
  const engine = await copySamples(env, 'samples-0', true);
  const log = await engine.open(samples, { ...settings, cleanupPolicy: ['compact'], segmentBytes: 1_500 });
  const result = await log.compact({
    upTo: log.endOffset,
    keys: keyMap(),
    isLastOfProducer: () => true,
    pace: async () => {},
    signal: new AbortController().signal,
  });
  assert.ok(result !== undefined && result.bytesAfter < result.bytesBefore);
  assert.deepEqual(recordsIn(await readAll(log)), recordsIn(allLogs('samples-0-compacted')));
  await log.close();
  await engine.close();
});

function allLogs(directory: string): Buffer {
  const names = readdirSync(new URL(directory, testdata)).filter((name) => name.endsWith('.log'));
  return Buffer.concat(names.sort().map((name) => sample(`${directory}/${name}`)));
}

describe('a directory that Apache Kafka wrote', () => {
  for (const stop of ['clean', 'unclean']) {
    test(`is opened and read after a stop that was ${stop}`, async () => {
      const env = testEnv();
      const engine = await copySamples(env, 'samples-0', stop === 'clean');
      const log = await engine.open(samples, settings);
      assert.deepEqual([log.startOffset, log.endOffset, log.durableOffset], [0, 112, 112]);
      assert.deepEqual(log.leaderEpochs, [{ epoch: 0, startOffset: 0 }]);
      assert.deepEqual(await readAll(log), allLogs('samples-0'));
      assert.equal((await log.latestSnapshot(String))?.offset, 112);
      assert.deepEqual(await log.offsetOfMaxTimestamp(), { timestamp: 1795363957747, offset: 111, leaderEpoch: 0 });
      const found = await log.offsetForTimestamp({ timestamp: 1795363939191, endOffset: 112 });
      assert.deepEqual(found, { timestamp: 1795363939191, offset: 59, leaderEpoch: 0 });
      assert.deepEqual(await log.abortedTransactions({ offset: 90, nextOffset: 112 }), kafkasAborted);
      assert.deepEqual(await log.abortedTransactions({ offset: 100, nextOffset: 112 }), kafkasAborted.slice(1));
      assert.deepEqual(await log.abortedTransactions({ offset: 102, nextOffset: 112 }), []);
      await log.close();
    });
  }

  test('keeps its aborted transactions when another index is made anew', async () => {
    const env = testEnv();
    const engine = await copySamples(env, 'samples-0', true);
    await env.disk.remove('data/samples-0/00000000000000000073.index');
    const log = await engine.open(samples, settings);
    assert.deepEqual(await log.abortedTransactions({ offset: 90, nextOffset: 112 }), kafkasAborted);
    await log.close();
  });

  test('keeps its bytes when it was opened and closed', async () => {
    const env = testEnv();
    const engine = await copySamples(env, 'samples-0', true);
    await (await engine.open(samples, settings)).close();
    await engine.close();
    for (const name of readdirSync(new URL('samples-0', testdata))) {
      assert.deepEqual(contentOf(env, `data/samples-0/${name}`), sample(`samples-0/${name}`), name);
    }
  });

  test('is read after compaction, with its gaps and empty segments', async () => {
    const engine = await copySamples(testEnv(), 'samples-0-compacted', true);
    const log = await engine.open(samples, { ...settings, cleanupPolicy: ['compact'] });
    assert.equal(log.endOffset, 112);
    assert.deepEqual(await readAll(log), allLogs('samples-0-compacted'));
    await log.close();
  });
});

/** As Kafka's dump tool prints them. */
const kafkasAborted = [
  { producerId: 4, firstOffset: 92, lastOffset: 97, lastStableOffset: 98 },
  { producerId: 5, firstOffset: 99, lastOffset: 101, lastStableOffset: 98 },
];

test('the same batches give the same segments and indexes, byte for byte', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const log = await engine.open(samples, settings);
  for (const bytes of batches(allLogs('samples-0'))) {
    log.append({
      bytes,
      baseOffset: baseOffset(bytes),
      lastOffset: lastOffset(bytes),
      leaderEpoch: partitionLeaderEpoch(bytes),
      maxTimestamp: maxTimestamp(bytes),
      aborted: kafkasAborted.find((aborted) => aborted.lastOffset === lastOffset(bytes)),
    });
  }
  await log.close();
  let compared = 0;
  for (const name of readdirSync(new URL('samples-0', testdata))) {
    const suffix = parseFileName(name)?.suffix;
    // Snapshots are the writer's.
    if (suffix === '.snapshot') continue;
    assert.deepEqual(contentOf(env, `data/samples-0/${name}`), sample(`samples-0/${name}`), name);
    compared += 1;
  }
  assert.equal(compared, 6 * 3 + 2 + 2);
});

test('checkpoints, partition.metadata and meta.properties are those of Kafka', () => {
  const points = sample('root/recovery-point-offset-checkpoint').toString();
  const offsets = parseOffsets(points);
  assert.equal(offsets?.get('__consumer_offsets-0'), 65);
  assert.equal(formatOffsets(offsets ?? new Map()), points);
  assert.deepEqual(parseOffsets(sample('root/log-start-offset-checkpoint').toString()), new Map());
  const epochs = sample('samples-0-compacted/leader-epoch-checkpoint').toString();
  assert.equal(formatLeaderEpochs(parseLeaderEpochs(epochs) ?? []), epochs);
  const metadata = sample('samples-0/partition.metadata').toString();
  assert.equal(formatPartitionMetadata(parsePartitionMetadata(metadata) ?? ''), metadata);
  const expected = { nodeId: 1, clusterId: 'AAAAAAAAQAGAAAAAAAAAAQ', directoryId: 'Z0xM4-59Rk20ATFA0whiwg' };
  assert.deepEqual(parseMetaProperties(sample('root/meta.properties').toString()), expected);
  assert.deepEqual(parseMetaProperties(formatMetaProperties(expected)), expected);
});

test('damaged small files are recognised', () => {
  for (const text of ['', '0\n', '1\n0\n', '0\n2\na 0 1\n', '0\n1\na 0\n', '0\n1\na 0 -1\n', '0\n1\na 0 x\n']) {
    assert.equal(parseOffsets(text), undefined, JSON.stringify(text));
  }
  for (const text of ['', '0\n1\n1\n', '0\n2\n1 0\n0 5\n', '0\n2\n0 5\n1 4\n', '0\n1\n1.5 0\n']) {
    assert.equal(parseLeaderEpochs(text), undefined, JSON.stringify(text));
  }
  assert.equal(parsePartitionMetadata('version: 0\n'), undefined);
  assert.throws(() => parseMetaProperties('version=1\ncluster.id=x\n'), DataDirectoryRefused);
});

test('a data directory in another format is refused, with a sentence that says what to do', () => {
  const refusal = (version: string) => {
    try {
      parseMetaProperties(`${version}\nnode.id=1\ncluster.id=x\n`);
    } catch (error) {
      assert.ok(error instanceof DataDirectoryRefused);
      return error.message;
    }
    return '';
  };
  assert.match(refusal('version=2'), /has format 2, and this version of Ottla reads up to 1; start the version/);
  assert.match(refusal('version=0'), /has format 0, that of a broker with ZooKeeper/);
  assert.match(refusal('version='), /damaged/);
  assert.match(refusal(''), /damaged/);
  assert.equal(refusal('version=1'), '');
});
