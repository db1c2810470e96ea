import assert from 'node:assert/strict';
import { test } from 'node:test';
import { produced } from '../../partition/partition.fixture.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts';
import type { RequestInputOf } from '../../protocol/schema.ts';
import { describeLogDirs } from './describe-log-dirs.ts';
import { recordsFixture } from './records-fixture.ts';

async function started() {
  const { call, produce } = await recordsFixture({ partitions: 2 });
  await produce([{ index: 0 }]);
  return async (topics: RequestInputOf<typeof DescribeLogDirs>['topics']) => {
    const { results } = await call(describeLogDirs, DescribeLogDirs, 5, { topics });
    assert.deepEqual(
      results.map(({ logDir }) => logDir),
      ['memory'],
    );
    return results[0]?.topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ partitionIndex, partitionSize }) => [partitionIndex, partitionSize]),
    ]);
  };
}

const both = [
  [
    't',
    [
      [0, produced().length],
      [1, 0],
    ],
  ],
];

test('the bytes of each partition, opened or not', async () => {
  const ask = await started();
  assert.deepEqual(await ask([{ topic: 't', partitions: [0, 1] }]), both);
  assert.deepEqual(await ask(null), both);
});

test('a directory that cannot be used says so, and the others tell what is in them', async () => {
  const { broker, call } = await recordsFixture({ partitions: 2 });
  const topicId = broker.metadata.image.topicByName('t')?.id ?? '';
  const logs = [{ id: { topic: 't', topicId, partition: 1 }, bytes: 7 }];
  broker.engine.directories = async () => [
    { path: '/a', isOffline: true, totalBytes: -1, usableBytes: -1, logs: [] },
    { path: '/b', isOffline: false, totalBytes: 100, usableBytes: 40, logs },
  ];
  const { results } = await call(describeLogDirs, DescribeLogDirs, 4, { topics: null });
  assert.deepEqual(
    results.map(({ errorCode, logDir, totalBytes, usableBytes, topics }) => [
      ...[errorCode, logDir, totalBytes, usableBytes],
      topics.flatMap(({ partitions }) =>
        partitions.map(({ partitionIndex, partitionSize }) => [partitionIndex, partitionSize]),
      ),
    ]),
    [
      [ErrorCode.KAFKA_STORAGE_ERROR, '/a', -1, -1, []],
      [ErrorCode.NONE, '/b', 100, 40, [[1, 7]]],
    ],
  );
});

test('a partition that is being moved is in both directories, in the new one as the future', async () => {
  const { broker, call } = await recordsFixture({ partitions: 1 });
  const id = { topic: 't', topicId: broker.metadata.image.topicByName('t')?.id ?? '', partition: 0 };
  const room = { isOffline: false, totalBytes: 100, usableBytes: 40 };
  broker.engine.directories = async () => [
    { path: '/a', ...room, logs: [{ id, bytes: 7 }] },
    { path: '/b', ...room, logs: [], futures: [{ id, bytes: 3, offsetLag: 2 }] },
  ];
  const { results } = await call(describeLogDirs, DescribeLogDirs, 5, { topics: null });
  const rowsOf = results.map(({ topics }) => topics.flatMap(({ partitions }) => partitions));
  assert.deepEqual(rowsOf, [
    [{ partitionIndex: 0, partitionSize: 7, offsetLag: 0, isFutureKey: false }],
    [{ partitionIndex: 0, partitionSize: 3, offsetLag: 2, isFutureKey: true }],
  ]);
});

test('among several directories, partitions that nobody has used yet get their place when somebody asks for it', async () => {
  const { broker, call } = await recordsFixture({ partitions: 2 });
  const room = { isOffline: false, totalBytes: 100, usableBytes: 40 };
  broker.engine.directories = async () => [
    { path: '/a', ...room, logs: [] },
    { path: '/b', ...room, logs: await broker.engine.usage() },
  ];
  const { results } = await call(describeLogDirs, DescribeLogDirs, 5, { topics: [{ topic: 't', partitions: [0, 1] }] });
  const rows = results.map(({ topics }) => topics.flatMap(({ partitions }) => partitions));
  assert.deepEqual(
    rows.map((partitions) => partitions.map(({ partitionIndex, partitionSize }) => [partitionIndex, partitionSize])),
    [
      [],
      [
        [0, 0],
        [1, 0],
      ],
    ],
  );
});

test('a topic that is named twice is one', async () => {
  const ask = await started();
  const topics = [0, 1].map((index) => ({ topic: 't', partitions: [index] }));
  assert.deepEqual(await ask(topics), both);
});

test('what does not exist is left out', async () => {
  const ask = await started();
  assert.deepEqual(
    await ask([
      { topic: 't', partitions: [7] },
      { topic: 'nope', partitions: [0] },
    ]),
    [],
  );
  assert.deepEqual(await ask([]), []);
});
