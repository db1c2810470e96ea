/**
 * A real broker process whose operating system says no: files may not grow (EFBIG, after a short write), no file may be opened (EMFILE), the volume is
 * full (ENOSPC), calls fail now and then (EIO). Limits are put on the running process and taken away again, the volume is mounted in a name space of its own, the calls
 * fail in a library that is loaded into the process: nothing needs privileges.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LoadClient } from '../bench/load/client.ts';
import { createTopic } from '../bench/load/topics.ts';
import { buildBatch } from '../src/protocol/batch/build.ts';
import { batches } from '../src/protocol/batch/iterate.ts';
import { recordsOf } from '../src/protocol/batch/records.ts';
import { ErrorCode } from '../src/protocol/error-code.ts';
import { DeleteTopics } from '../src/protocol/messages/delete-topics.ts';
import { Fetch } from '../src/protocol/messages/fetch.ts';
import { Produce } from '../src/protocol/messages/produce.ts';
import { BrokerProcess, canMountVolumes } from './broker-process.ts';
import { eventually } from './clients/eventually.ts';

const TOPIC = 'orders';
const VALUE_BYTES = 10_000;
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const skip = hasPrlimit
  ? false
  : 'prlimit is missing (Linux, util-linux): the limits of a running process cannot be changed';

/** The soft limit only, so that it can be raised again. */
function limit(broker: BrokerProcess, what: 'fsize' | 'nofile', value: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(broker.pid), `--${what}=${value}:`]);
  assert.equal(status, 0, String(stderr));
}

async function produce(client: LoadClient, index: number, topic = TOPIC, valueBytes = VALUE_BYTES): Promise<number> {
  const value = Buffer.alloc(valueBytes, `${index} `);
  const records = buildBatch({ records: [{ timestamp: 1_700_000_000_000, key: Buffer.from(String(index)), value }] });
  const { responses } = await client.request(Produce, 9, {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });
  return responses[0]?.partitionResponses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
}

/** The keys of all records from the beginning on; undefined when the partition cannot be read now. */
async function consume(client: LoadClient): Promise<number[] | undefined> {
  const keys: number[] = [];
  for (let fetchOffset = 0; ; ) {
    const { responses } = await client.request(Fetch, 11, {
      maxWaitMs: 1,
      minBytes: 1,
      maxBytes: 50_000_000,
      topics: [{ topic: TOPIC, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 50_000_000 }] }],
    });
    const found = responses[0]?.partitions[0];
    if (found?.errorCode !== ErrorCode.NONE) return undefined;
    const before = keys.length;
    for (const batch of batches(found.records ?? new Uint8Array(0))) {
      for (const { key, offset } of recordsOf(batch)) {
        keys.push(Number(Buffer.from(key ?? []).toString()));
        fetchOffset = offset + 1;
      }
    }
    if (keys.length === before) return keys;
  }
}

/** What was acknowledged is there, once and in order; what was refused may be there as well, where it was sent. */
function assertHolds(keys: readonly number[] | undefined, acknowledged: readonly number[]): void {
  assert.ok(keys !== undefined, 'the partition can be read');
  assert.deepEqual(
    keys,
    [...new Set(keys)].sort((one, other) => one - other),
  );
  assert.deepEqual(
    acknowledged.filter((index) => !keys.includes(index)),
    [],
  );
}

async function assertHoldsAfterKill(broker: BrokerProcess, acknowledged: readonly number[]): Promise<void> {
  await broker.restart('SIGKILL');
  const client = await LoadClient.connect(broker.bootstrap);
  await eventually('the records can be read', async () => (await consume(client)) !== undefined);
  assertHolds(await consume(client), acknowledged);
  client.close();
}

/** Produces one record after the other, and knows which of them were acknowledged. */
function sending(client: LoadClient) {
  const acknowledged: number[] = [];
  let next = 0;
  const send = async () => {
    const index = next++;
    const error = await produce(client, index);
    if (error === ErrorCode.NONE) acknowledged.push(index);
    return error;
  };
  return { send, acknowledged };
}

test('files that may not grow refuse appends and keep their records; when they may again, all goes on by itself', {
  skip,
}, async () => {
  await using broker = await BrokerProcess.start();
  const client = await LoadClient.connect(broker.bootstrap);
  await createTopic(client, TOPIC);
  const { send, acknowledged } = sending(client);
  for (let count = 0; count < 5; count += 1) assert.equal(await send(), ErrorCode.NONE);
  limit(broker, 'fsize', 10 * VALUE_BYTES);
  await eventually('an append is refused', async () => (await send()) === ErrorCode.KAFKA_STORAGE_ERROR);
  await eventually('the records can be read', async () => (await consume(client)) !== undefined);
  assertHolds(await consume(client), acknowledged);
  limit(broker, 'fsize', 'unlimited');
  await eventually('an append is taken', async () => (await send()) === ErrorCode.NONE);
  assertHolds(await consume(client), acknowledged);
  client.close();
  await assertHoldsAfterKill(broker, acknowledged);
});

test('a process without a free file handle serves what it has open, and everything once there are some', {
  skip,
}, async () => {
  await using broker = await BrokerProcess.start(['log.segment.bytes=1048576']);
  const client = await LoadClient.connect(broker.bootstrap);
  await createTopic(client, TOPIC);
  await createTopic(client, 'other');
  const { send, acknowledged } = sending(client);
  assert.equal(await send(), ErrorCode.NONE);
  limit(broker, 'nofile', readdirSync(`/proc/${broker.pid}/fd`).length);
  // Enough for segments to roll, which takes files that are not open yet.
  for (let count = 0; count < 250; count += 1) await send();
  await eventually('the records can be read', async () => (await consume(client)) !== undefined);
  assertHolds(await consume(client), acknowledged);
  limit(broker, 'nofile', 1_000);
  await eventually('an append is taken', async () => (await send()) === ErrorCode.NONE);
  await eventually('a topic that was not open is', async () => (await produce(client, 0, 'other')) === ErrorCode.NONE);
  assertHolds(await consume(client), acknowledged);
  client.close();
});

const skipVolume = canMountVolumes()
  ? false
  : 'no small volume can be mounted here (unshare, Linux): the full disk is not tried';

/** Fills the volume from outside, as another program would; answers how to make room again. */
async function fillVolume(broker: BrokerProcess): Promise<() => Promise<void>> {
  const path = `/proc/${broker.pid}/root${broker.dataDir}/ballast`;
  const file = await open(path, 'w');
  const filling = async () => {
    for (;;) await file.write(Buffer.alloc(4096));
  };
  await assert.rejects(filling, { code: 'ENOSPC' });
  await file.close();
  return () => rm(path);
}

test('a volume that others fill refuses appends and serves reads, and all goes on when there is room', {
  skip: skipVolume,
}, async () => {
  await using broker = await BrokerProcess.start([], { volumeMb: 24 });
  const client = await LoadClient.connect(broker.bootstrap);
  await createTopic(client, TOPIC);
  const { send, acknowledged } = sending(client);
  for (let count = 0; count < 20; count += 1) assert.equal(await send(), ErrorCode.NONE);
  const makeRoom = await fillVolume(broker);
  await eventually('an append is refused', async () => (await send()) === ErrorCode.KAFKA_STORAGE_ERROR);
  await eventually('the records can be read', async () => (await consume(client)) !== undefined);
  assertHolds(await consume(client), acknowledged);
  await makeRoom();
  await eventually('an append is taken', async () => (await send()) === ErrorCode.NONE);
  assertHolds(await consume(client), acknowledged);
  client.close();
});

test('a volume that the broker fills itself keeps a reserve, in which a topic can be deleted to make room', {
  skip: skipVolume,
}, async () => {
  await using broker = await BrokerProcess.start([], { volumeMb: 24 });
  const client = await LoadClient.connect(broker.bootstrap);
  await createTopic(client, TOPIC);
  await createTopic(client, 'old');
  const acknowledged: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    assert.equal(await produce(client, index), ErrorCode.NONE);
    acknowledged.push(index);
  }
  const fill = () => produce(client, 0, 'old', 50 * VALUE_BYTES);
  await eventually('the volume is full', async () => (await fill()) === ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(await produce(client, 20), ErrorCode.KAFKA_STORAGE_ERROR);
  assertHolds(await consume(client), acknowledged);
  const { responses } = await client.request(DeleteTopics, 6, { topics: [{ name: 'old' }], timeoutMs: 30_000 });
  assert.equal(responses[0]?.errorCode, ErrorCode.NONE);
  await eventually('an append is taken', async () => (await produce(client, 21)) === ErrorCode.NONE);
  assertHolds(await consume(client), [...acknowledged, 21]);
  client.close();
});

const source = fileURLToPath(new URL('./fail-calls.c', import.meta.url));
const skipErrors =
  spawnSync('cc', ['--version']).status === 0 && process.platform === 'linux'
    ? false
    : 'no C compiler (cc, Linux): a disk whose calls fail is not tried';

test('a disk of which every 50th call fails costs time and no record, also not after kill -9', {
  skip: skipErrors,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ottla-fail-'));
  t.after(() => rm(folder, { recursive: true }));
  const [library, failing] = [join(folder, 'fail-calls.so'), join(folder, 'failing')];
  const compiled = spawnSync('cc', ['-Wall', '-O1', '-shared', '-fPIC', '-o', library, source, '-ldl']);
  assert.equal(compiled.status, 0, String(compiled.stderr));
  const environment = (FAIL_ROOT: string) => ({ LD_PRELOAD: library, FAIL_ROOT, FAIL_WHILE: failing });
  await using broker = await BrokerProcess.start(['log.segment.bytes=1048576'], { environment, logLevel: 'error' });
  const client = await LoadClient.connect(broker.bootstrap);
  await createTopic(client, TOPIC);
  const { send, acknowledged } = sending(client);
  await writeFile(failing, '');
  let refused = 0;
  await eventually('some appends are refused, and others taken', async () => {
    if ((await send()) !== ErrorCode.NONE) refused += 1;
    return refused > 0 && acknowledged.length > 20;
  });
  await rm(failing);
  await eventually('an append is taken', async () => (await send()) === ErrorCode.NONE);
  await eventually('the records can be read', async () => (await consume(client)) !== undefined);
  assertHolds(await consume(client), acknowledged);
  client.close();
  await assertHoldsAfterKill(broker, acknowledged);
});
