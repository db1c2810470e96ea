/** The check finds nothing in what Apache Kafka and Ottla wrote, and each of the damages that are planted here. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { DiskOperation } from '../../../../sim/memory-disk.ts';
import { nextProcess, type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { ProducerAudit } from '../../../partition/producer-audit.ts';
import { updateCrc } from '../../../protocol/batch/crc32c.ts';
import { sizeInBytes } from '../../../protocol/batch/header.ts';
import { appendTo, batchAt, logId, logSettings } from '../../log.fixture.ts';
import { startEngine } from '../local-engine.fixture.ts';
import { checkDirectory, faultCountOf, faultsOf } from './check-directory.ts';

const testdata = new URL('../testdata/', import.meta.url);
const base = (offset: number, suffix: string) => `samples-0/${String(offset).padStart(20, '0')}${suffix}`;

async function put(env: TestEnv, name: string, content: Uint8Array | string): Promise<void> {
  const file = await env.disk.open(`data/${name}`, 'create');
  await file.truncate(0);
  await file.write([Buffer.from(content)], 0);
}

async function samples(directory = 'samples-0', clean = true): Promise<TestEnv> {
  const env = testEnv();
  await env.disk.makeDirectory('data/samples-0');
  for (const name of readdirSync(new URL(directory, testdata))) {
    await put(env, `samples-0/${name}`, readFileSync(new URL(`${directory}/${name}`, testdata)));
  }
  for (const name of ['meta.properties', 'log-start-offset-checkpoint']) {
    await put(env, name, readFileSync(new URL(`root/${name}`, testdata)));
  }
  await put(env, 'recovery-point-offset-checkpoint', '0\n1\nsamples 0 112\n');
  await put(env, 'replication-offset-checkpoint', '0\n1\nsamples 0 112\n');
  await put(env, 'cleaner-offset-checkpoint', '');
  if (clean) await put(env, '.kafka_cleanshutdown', '{"version":0,"brokerEpoch":5}');
  return env;
}

function bytesOf(env: TestEnv, name: string): Buffer {
  const file = env.disk.file(`data/${name}`);
  assert.ok(file !== undefined, `${name} is missing`);
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return bytes;
}

/** Checks, and proves that the check has changed nothing. Time passes by itself. */
async function check(env: TestEnv, isOther: (operation: DiskOperation) => boolean = () => false) {
  env.disk.judge = (operation) => {
    const { kind, changes, path } = operation;
    assert.ok(!changes || kind === 'open' || isOther(operation), `the check has called ${kind} on ${path}`);
    return { kind: 'ok' };
  };
  const world = { disk: env.disk, pause: async () => {} };
  const report = await checkDirectory({ world, root: 'data', audit: () => new ProducerAudit() });
  env.disk.heal();
  return report;
}

async function problems(env: TestEnv): Promise<string[]> {
  const report = await check(env);
  return faultsOf(report).map(({ file, harm, problem }) => `${harm} ${file}: ${problem}`);
}

describe('nothing is found', () => {
  for (const clean of [true, false]) {
    test(`in a directory that Apache Kafka wrote, ${clean ? 'stopped cleanly' : 'killed'}`, async () => {
      const report = await check(await samples('samples-0', clean));
      assert.deepEqual(faultsOf(report), []);
      const [log] = report.logs;
      assert.deepEqual([log?.segments, log?.startOffset, log?.endOffset, report.clean], [6, 0, 112, clean]);
    });
  }

  test('in one that was compacted, with its gaps and empty segments', async () => {
    const env = await samples('samples-0-compacted');
    await put(env, 'cleaner-offset-checkpoint', '0\n1\nsamples 0 100\n');
    assert.deepEqual(await problems(env), []);
  });

  test('in one with a snapshot where compaction has taken the batches before and after', async () => {
    const env = await samples('samples-0-compacted');
    await put(env, 'cleaner-offset-checkpoint', '0\n1\nsamples 0 100\n');
    await put(env, base(40, '.snapshot'), bytesOf(env, base(34, '.snapshot')));
    assert.deepEqual(await problems(env), []);
  });

  for (const stop of ['clean', 'none', 'killed']) {
    test(`in one that Ottla wrote, with segments, retention and epochs (stop: ${stop})`, async () => {
      const env = testEnv();
      await newDirectory(env);
      const engine = await startEngine(env);
      const settings = logSettings({ segmentBytes: 1000, indexIntervalBytes: 100, retentionBytes: 5000 });
      const log = await engine.open(logId(), settings);
      for (let n = 0; n < 100; n += 1)
        appendTo(log, { timestamp: 1_700_000_000_000 + n, leaderEpoch: Math.floor(n / 30), records: 2 });
      log.requestSync();
      while (log.durableOffset < 200) await env.clock.advance(1);
      await log.applyRetention(200);
      await env.clock.advance(10);
      if (stop === 'clean') await engine.close();
      const next = stop === 'killed' ? nextProcess(env) : env;
      const report = await check(next);
      assert.deepEqual(faultsOf(report), []);
      assert.equal(report.logs[0]?.endOffset, 200);
      assert.ok((report.logs[0]?.startOffset ?? 0) > 0);
    });
  }
});

async function newDirectory(env: TestEnv): Promise<void> {
  await env.disk.makeDirectory('data');
  await put(env, 'meta.properties', readFileSync(new URL('root/meta.properties', testdata)));
}

interface Damage {
  readonly name: string;
  readonly clean?: boolean;
  readonly plant: (env: TestEnv) => Promise<void> | void;
  readonly found: RegExp;
}

const edit = (name: string, change: (bytes: Buffer) => Uint8Array) => (env: TestEnv) =>
  put(env, name, change(bytesOf(env, name)));

/** The `count`th batch of a segment, as a view. */
function batchIn(bytes: Buffer, count: number): Buffer {
  let at = 0;
  for (let n = 0; n < count; n += 1) at += sizeInBytes(bytes.subarray(at));
  return bytes.subarray(at, at + sizeInBytes(bytes.subarray(at)));
}

/** The batch that would come next. */
const whole112 = batchAt(112, { valueBytes: 200 }).bytes;

const damages: readonly Damage[] = [
  {
    name: 'a flipped bit in a record',
    plant: (env) => env.disk.file(`data/${base(20, '.log')}`)?.corrupt(700),
    found: /^data .*020\.log: the checksum/m,
  },
  {
    name: 'a torn tail after a crash',
    clean: false,
    plant: edit(base(100, '.log'), (b) => Buffer.concat([b, whole112.subarray(0, 100)])),
    found: /^tail .*100\.log: the last 100 bytes/m,
  },
  {
    name: 'a torn tail after a clean stop',
    plant: edit(base(100, '.log'), (b) => b.subarray(0, -10)),
    found: /^data .*100\.log: the last \d+ bytes/m,
  },
  {
    name: 'a batch that is missing',
    plant: edit(base(20, '.log'), (b) => b.subarray(batchIn(b, 0).length)),
    found: /^data .*020\.log: the offsets 20 to \d+ are missing/m,
  },
  {
    name: 'a segment that is missing',
    plant: (env) => env.disk.remove(`data/${base(20, '.log')}`),
    found: /^data .*034\.log: the offsets 20 to 33 are missing/m,
  },
  {
    name: 'bytes of another format',
    plant: edit(base(20, '.log'), (b) => {
      b.writeInt8(1, 16);
      return b;
    }),
    found: /^data .*020\.log: the last 1454 bytes are no whole batch/m,
  },
  {
    name: 'zeros in the middle',
    plant: edit(base(34, '.log'), (b) => b.fill(0, 600, 900)),
    found: /^data .*034\.log/m,
  },
  {
    name: 'a record count that is wrong under a right checksum',
    plant: edit(base(20, '.log'), (b) => {
      const batch = batchIn(b, 0);
      batch.writeInt32BE(batch.readInt32BE(57) - 1, 57);
      updateCrc(batch);
      return b;
    }),
    found: /^data .*020\.log: a batch has bytes behind its last record/m,
  },
  {
    name: 'an unknown codec under a right checksum',
    plant: edit(base(0, '.log'), (b) => {
      batchIn(b, 0).writeInt16BE(7, 21);
      updateCrc(batchIn(b, 0));
      return b;
    }),
    found: /^data .*000\.log: the records of a batch cannot be read \(codec 7\)/m,
  },
  {
    name: 'a leader epoch that goes back',
    plant: edit(base(0, '.log'), (b) => {
      b.writeInt32BE(3, 12);
      return b;
    }),
    found: /^data .*: a batch of leader epoch 0 follows one of epoch 3/m,
  },
  {
    name: 'two segments that have changed places',
    async plant(env) {
      const [one, other] = [bytesOf(env, base(10, '.log')), bytesOf(env, base(20, '.log'))];
      await put(env, base(10, '.log'), other);
      await put(env, base(20, '.log'), one);
    },
    found: /^data .*: a batch begins at 10, and the log has come to 34 already/m,
  },
  {
    name: 'an index of another segment',
    plant: async (env) => put(env, base(73, '.index'), bytesOf(env, base(34, '.index'))),
    found: /^derived .*073\.index: an entry of the index leads to/m,
  },
  {
    name: 'an index entry beyond the log',
    plant: edit(base(34, '.index'), (b) => {
      b.writeUInt32BE(60_000, 20);
      return b;
    }),
    found: /^derived .*034\.index: an entry of the index leads beyond/m,
  },
  {
    name: 'a torn index',
    plant: edit(base(34, '.index'), (b) => b.subarray(0, 19)),
    found: /^derived .*034\.index: the file is no whole number of entries/m,
  },
  {
    name: 'index entries in the wrong order',
    plant: edit(base(34, '.index'), (b) => Buffer.concat([b.subarray(8, 16), b.subarray(0, 8), b.subarray(16)])),
    found: /^derived .*034\.index: an entry of the index .*rise/m,
  },
  {
    name: 'an index that is missing',
    plant: (env) => env.disk.remove(`data/${base(34, '.index')}`),
    found: /^derived .*034\.index: the index is missing/m,
  },
  {
    name: 'a time index with a wrong time',
    plant: edit(base(34, '.timeindex'), (b) => {
      b.writeUInt8(b.readUInt8(7) + 1, 7);
      return b;
    }),
    found: /^derived .*034\.timeindex: an entry of the index has not the timestamp/m,
  },
  {
    name: 'a time index that ends early',
    plant: edit(base(34, '.timeindex'), (b) => b.subarray(0, 12)),
    found: /^derived .*034\.timeindex: the index ends at/m,
  },
  {
    name: 'an index without a segment',
    plant: (env) => put(env, base(500, '.index'), ''),
    found: /^derived .*500\.index: an index without its segment/m,
  },
  {
    name: 'a transaction index with a wrong offset',
    plant: edit(base(73, '.txnindex'), (b) => {
      b.writeUInt8(91, 17);
      return b;
    }),
    found: /^derived .*073\.txnindex: an aborted transaction of producer 4/m,
  },
  {
    name: 'a transaction index that is missing',
    plant: (env) => env.disk.remove(`data/${base(100, '.txnindex')}`),
    found: /^derived .*100\.txnindex: an aborted transaction of producer 5/m,
  },
  {
    name: 'a torn transaction index',
    plant: edit(base(73, '.txnindex'), (b) => Buffer.concat([b, b.subarray(0, 5)])),
    found: /^derived .*073\.txnindex: the file ends within an entry/m,
  },
  {
    name: 'a truncated snapshot',
    plant: edit(base(100, '.snapshot'), (b) => b.subarray(0, 200)),
    found: /^derived .*100\.snapshot: the snapshot is damaged/m,
  },
  {
    name: 'a snapshot that is ahead of its time',
    plant: async (env) => put(env, base(73, '.snapshot'), bytesOf(env, base(100, '.snapshot'))),
    found: /^derived .*073\.snapshot: producer 3: its last offset is 85/m,
  },
  {
    name: 'a snapshot beyond the end',
    plant: async (env) => put(env, base(400, '.snapshot'), bytesOf(env, base(73, '.snapshot'))),
    found: /^derived .*400\.snapshot: the snapshot is one of offset 400/m,
  },
  {
    name: 'leader epochs that are wrong',
    plant: (env) => put(env, 'samples-0/leader-epoch-checkpoint', '0\n1\n4 0\n'),
    found: /^derived .*leader-epoch-checkpoint: offset 0 is of leader epoch 0/m,
  },
  {
    name: 'leader epochs that are damaged',
    plant: (env) => put(env, 'samples-0/leader-epoch-checkpoint', '0\n7\n'),
    found: /^derived .*leader-epoch-checkpoint: the file is damaged/m,
  },
  {
    name: 'an absurd recovery point',
    plant: (env) => put(env, 'recovery-point-offset-checkpoint', '0\n1\nsamples 0 9000\n'),
    found: /^data recovery-point-offset-checkpoint: samples-0 has 9000/m,
  },
  {
    name: 'an empty recovery point file',
    plant: (env) => put(env, 'recovery-point-offset-checkpoint', ''),
    found: /^derived recovery-point-offset-checkpoint: the file is damaged/m,
  },
  {
    name: 'a first segment that is missing above the log start',
    plant: async (env) => {
      await put(env, 'log-start-offset-checkpoint', '0\n1\nsamples 0 5\n');
      await env.disk.remove(`data/${base(0, '.log')}`);
    },
    found: /^data .*: the log begins at 5: the offsets up to \d+ are missing before this segment/m,
  },
  {
    name: 'an absurd log start',
    plant: (env) => put(env, 'log-start-offset-checkpoint', '0\n1\nsamples 0 113\n'),
    found: /^data log-start-offset-checkpoint: samples-0 has 113/m,
  },
  {
    name: 'a damaged log start file',
    plant: (env) => put(env, 'log-start-offset-checkpoint', '0\n2\nsamples 0 113\n'),
    found: /^data log-start-offset-checkpoint: the file is damaged/m,
  },
  {
    name: 'an absurd cleaner point',
    plant: (env) => put(env, 'cleaner-offset-checkpoint', '0\n1\nsamples 0 999\n'),
    found: /^derived cleaner-offset-checkpoint: samples-0 has 999/m,
  },
  {
    name: 'a topic id that is missing',
    plant: (env) => put(env, 'samples-0/partition.metadata', 'version: 0\n'),
    found: /^data .*partition\.metadata: the file is damaged/m,
  },
  {
    name: 'a data directory of a newer version',
    plant: (env) => put(env, 'meta.properties', 'version=2\nnode.id=1\ncluster.id=x\n'),
    found: /^data meta\.properties: .* has format 2/m,
  },
];

describe('found is', () => {
  for (const { name, clean = true, plant, found } of damages) {
    test(name, async () => {
      const env = await samples('samples-0', clean);
      await plant(env);
      assert.match((await problems(env)).join('\n'), found);
    });
  }
});

test('what a crash leaves of indexes, and the next start mends, is no fault', async () => {
  const env = await samples('samples-0', false);
  await put(env, 'recovery-point-offset-checkpoint', '0\n1\nsamples 0 73\n');
  const last = bytesOf(env, base(73, '.index'));
  await put(env, base(73, '.index'), Buffer.concat([last, Buffer.alloc(5)]));
  for (const suffix of ['.index', '.timeindex', '.txnindex']) await put(env, base(500, suffix), '');
  assert.deepEqual(await problems(env), []);
});

test('a log that begins above its recovery point is asked for no epochs below either', async () => {
  const env = await samples('samples-0', false);
  await put(env, 'recovery-point-offset-checkpoint', '0\n1\nsamples 0 12\n');
  await put(env, 'log-start-offset-checkpoint', '0\n1\nsamples 0 15\n');
  await put(env, 'samples-0/leader-epoch-checkpoint', '0\n1\n0 15\n');
  assert.deepEqual(await problems(env), []);
});

test('the directory of a log whose making was cut short is no fault', async () => {
  const env = await samples('samples-0', false);
  for (const name of ['begun-0', 'begun-1']) await env.disk.makeDirectory(`data/${name}`);
  await put(env, 'begun-1/partition.metadata', '');
  assert.deepEqual(await problems(env), []);
});

test('a fault says where it is: file, position and offset', async () => {
  const env = await samples();
  env.disk.file(`data/${base(20, '.log')}`)?.corrupt(100);
  const report = await check(env);
  const [fault] = faultsOf(report);
  assert.deepEqual([fault?.file, fault?.position, fault?.offset, fault?.harm], [base(20, '.log'), 0, 20, 'data']);
  assert.ok(faultCountOf(report) >= 1);
});

test('a log that grows and a partition that is deleted under the check are no faults', async () => {
  const env = await samples('samples-0', false);
  const path = `data/${base(100, '.log')}`;
  const whole = bytesOf(env, base(100, '.log'));
  env.disk.file(path)?.truncate(whole.length - 30);
  await put(env, 'recovery-point-offset-checkpoint', '0\n0\n');
  await put(env, 'replication-offset-checkpoint', '0\n0\n');
  await env.disk.remove(`data/${base(112, '.snapshot')}`);
  let reads = 0;
  env.disk.pause = async ({ kind, path: read }) => {
    if (kind === 'size' && read === path && ++reads === 2) env.disk.file(path)?.write(0, whole);
  };
  assert.deepEqual(await problems(env), []);
  assert.ok(reads >= 2);
  env.disk.pause = async ({ kind, path: opened }) => {
    if (kind === 'open' && opened === path) await env.disk.rename('data/samples-0', 'data/samples-0.1-delete');
  };
  assert.deepEqual((await check(env, ({ kind }) => kind === 'rename')).logs, []);
});
