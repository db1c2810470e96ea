/** A real broker process with two data directories, of which one is moved away and comes back. Fails when invariant I23 does not hold. */
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { LoadClient } from '../bench/load/client.ts';
import { createTopic } from '../bench/load/topics.ts';
import { ExitCode } from '../src/cli/exit-code.ts';
import { run } from '../src/cli/run.ts';
import { testShell } from '../src/cli/testing-shell.ts';
import { buildBatch } from '../src/protocol/batch/build.ts';
import { ErrorCode } from '../src/protocol/error-code.ts';
import { DescribeLogDirs } from '../src/protocol/messages/describe-log-dirs.ts';
import { ListOffsets } from '../src/protocol/messages/list-offsets.ts';
import { Produce } from '../src/protocol/messages/produce.ts';
import { BrokerProcess } from './broker-process.ts';
import { eventually } from './clients/eventually.ts';

const TOPIC = 'orders';
const PARTITIONS = [0, 1, 2, 3];

/** One record to each partition; the error codes by partition. */
async function produceToAll(client: LoadClient): Promise<readonly number[]> {
  const partitionData = PARTITIONS.map((index) => ({
    index,
    records: buildBatch({ records: [{ timestamp: 1_700_000_000_000, key: null, value: Buffer.from('v') }] }),
  }));
  const topicData = [{ name: TOPIC, partitionData }];
  const { responses } = await client.request(Produce, 9, { acks: -1, timeoutMs: 30_000, topicData });
  return responses[0]?.partitionResponses.map(({ errorCode }) => errorCode) ?? [];
}

/** Where each partition ends; -1 where that cannot be told now. */
async function ends(client: LoadClient): Promise<readonly number[]> {
  const partitions = PARTITIONS.map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  const { topics } = await client.request(ListOffsets, 7, { replicaId: -1, topics: [{ name: TOPIC, partitions }] });
  return (
    topics[0]?.partitions.map(({ errorCode, offset }) => (errorCode === ErrorCode.NONE ? Number(offset) : -1)) ?? []
  );
}

async function directories(client: LoadClient) {
  const { results } = await client.request(DescribeLogDirs, 4, { topics: null });
  return results.map(({ logDir, errorCode, totalBytes, topics }) => ({
    name: logDir.slice(-1),
    errorCode,
    hasVolume: totalBytes > 0,
    partitions: topics.filter(({ name }) => name === TOPIC).flatMap((topic) => topic.partitions).length,
  }));
}

/** What `ottla status` prints. */
async function status(broker: BrokerProcess, ...flags: readonly string[]): Promise<string> {
  const shell = testShell(['status', '-b', broker.bootstrap, ...flags]);
  assert.equal(await run(shell), ExitCode.OK, shell.errors());
  return shell.output();
}

test('a directory that is moved away takes its partitions offline, and brings them back with all that was acknowledged', async () => {
  await using broker = await BrokerProcess.start([], { directories: ['a', 'b'] });
  const client = await LoadClient.connect(broker.bootstrap);
  await createTopic(client, TOPIC, {}, PARTITIONS.length);
  assert.deepEqual(await produceToAll(client), [0, 0, 0, 0]);
  assert.deepEqual(await directories(client), [
    { name: 'a', errorCode: ErrorCode.NONE, hasVolume: true, partitions: 2 },
    { name: 'b', errorCode: ErrorCode.NONE, hasVolume: true, partitions: 2 },
  ]);
  const [away, b] = [join(broker.dataDir, 'away'), join(broker.dataDir, 'b')];
  await rename(b, away);
  await writeFile(b, 'not a directory');
  const acknowledged = [1, 1, 1, 1];
  const produce = async () => {
    const codes = await produceToAll(client);
    for (const [index, code] of codes.entries())
      if (code === ErrorCode.NONE) acknowledged[index] = (acknowledged[index] ?? 0) + 1;
    return codes;
  };
  await eventually('half of the partitions are offline', async () => {
    const codes = await produce();
    return codes.filter((code) => code === ErrorCode.KAFKA_STORAGE_ERROR).length === 2;
  });
  assert.deepEqual((await directories(client))[1], {
    ...{ name: 'b', errorCode: ErrorCode.KAFKA_STORAGE_ERROR, hasVolume: false, partitions: 0 },
  });
  const text = await status(broker);
  assert.match(text, /^ *1 +\S+\/a +online +[1-9]\d* +[1-9]\d* +[1-9]\d*$/m);
  assert.match(text, /^ *1 +\S+\/b +offline \(KAFKA_STORAGE_ERROR\) +0 +- +-$/m);
  const [online, offline] = JSON.parse(await status(broker, '--json')).directories;
  assert.ok(online.isOnline && online.logBytes > 0 && online.totalBytes >= online.usableBytes);
  const unknown = { error: 'KAFKA_STORAGE_ERROR', logBytes: 0, totalBytes: null, usableBytes: null };
  assert.deepEqual(offline, { nodeId: online.nodeId, path: b, isOnline: false, ...unknown });
  await rename(b, join(broker.dataDir, 'file'));
  await rename(away, b);
  await eventually('all partitions are back', async () => (await produce()).every((code) => code === ErrorCode.NONE));
  const after = await ends(client);
  for (const [index, count] of acknowledged.entries()) assert.ok((after[index] ?? 0) >= count, `partition ${index}`);
  client.close();
});
