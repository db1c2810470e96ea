/**
 * DescribeLogDirs v1–5: how much room partitions take in each data directory (KIP-113).
 *
 * v2 is flexible, v3 has an error for the whole, v4 the room on the volume (KIP-827), v5 whether the directory takes new partitions (KIP-1066). A partition
 * that is being moved is in both directories, in the new one as the future. Unknown topics and partitions are left out. A directory that cannot be used has KAFKA_STORAGE_ERROR and no partitions. Differs from Apache Kafka: a broker in memory calls its
 * directory `memory`, and the lag of the future is estimated from bytes.
 */
import { isCordoned } from '../../config/log-directories.ts';
import type { DirectoryUsage, FutureUsage } from '../../log/log-engine.ts';
import { keyOf } from '../../log/log-key.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';

type Asked = RequestOf<typeof DescribeLogDirs>['topics'];

interface AskedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly indexes: readonly number[];
}

export const describeLogDirs = handler(DescribeLogDirs, async (request, { broker }) => {
  const asked = askedTopics(request.topics, broker);
  const directories = await directoriesOf(asked, broker);
  // A log is made when its partition is first used. Where there is one directory only, it is known where that will be.
  const unmadeBytes = directories.length === 1 ? 0 : undefined;
  return {
    results: directories.map((directory) => ({
      errorCode: directory.isOffline ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE,
      logDir: directory.path,
      topics: directory.isOffline ? [] : topicsIn(directory, { asked, unmadeBytes }),
      totalBytes: directory.totalBytes,
      usableBytes: directory.usableBytes,
      isCordoned: !directory.isOffline && isCordoned(broker.config, directory.path),
    })),
  };
});

/** Among several directories a log has its place when it is made, so those that are asked for and have none are made now. */
async function directoriesOf(
  asked: readonly AskedTopic[],
  { engine, partitions }: RequestContext['broker'],
): Promise<readonly DirectoryUsage[]> {
  const directories = await engine.directories();
  if (directories.length === 1) return directories;
  const made = new Set(directories.flatMap(({ logs }) => logs.map(({ id }) => keyOf(id))));
  const unmade = asked.flatMap(({ topicId, indexes }) =>
    indexes.filter((partition) => !made.has(keyOf({ topicId, partition }))).map((index) => ({ topicId, index })),
  );
  if (unmade.length === 0) return directories;
  // One that cannot be opened is where nobody can look now, and is left out.
  await Promise.all(unmade.map(({ topicId, index }) => partitions.getById(topicId, index)));
  return await engine.directories();
}

function topicsIn(
  { logs, futures = [] }: DirectoryUsage,
  { asked, unmadeBytes }: { asked: readonly AskedTopic[]; unmadeBytes: number | undefined },
) {
  const bytes = new Map(logs.map(({ id, bytes }) => [keyOf(id), bytes]));
  const futuresByLog = new Map(futures.map((future) => [keyOf(future.id), future]));
  return asked
    .map(({ name, topicId, indexes }) => ({
      name,
      partitions: indexes.flatMap((partitionIndex) => {
        const key = keyOf({ topicId, partition: partitionIndex });
        const partitionSize = bytes.get(key) ?? unmadeBytes;
        const future = futuresByLog.get(key);
        return [
          ...(partitionSize === undefined ? [] : [{ partitionIndex, partitionSize }]),
          ...(future === undefined ? [] : [{ partitionIndex, ...describeFuture(future) }]),
        ];
      }),
    }))
    .filter(({ partitions }) => partitions.length > 0);
}

/** A copy that is to replace the log when it has come as far. */
function describeFuture({ bytes, offsetLag }: FutureUsage) {
  return { partitionSize: bytes, offsetLag, isFutureKey: true };
}

/** What was asked for, as far as this broker leads it. */
function askedTopics(asked: Asked, { metadata, nodeId }: RequestContext['broker']): readonly AskedTopic[] {
  const wishes = asked === null ? undefined : wishesByTopic(asked);
  const all = () => Array.from(metadata.image.topics(), ({ name }) => ({ name, wanted: undefined }));
  return (wishes ?? all()).flatMap(({ name, wanted }) => {
    const topic = metadata.image.topicByName(name);
    if (topic === undefined) return [];
    const led = topic.partitions.filter(({ index, leader }) => leader === nodeId && wanted?.has(index) !== false);
    return [{ name, topicId: topic.id, indexes: led.map(({ index }) => index) }];
  });
}

/** A topic that is named twice is one. */
function wishesByTopic(
  asked: NonNullable<Asked>,
): readonly { readonly name: string; readonly wanted: ReadonlySet<number> }[] {
  const wanted = new Map<string, Set<number>>();
  for (const { topic, partitions } of asked) {
    const indexes = wanted.get(topic) ?? new Set();
    wanted.set(topic, indexes);
    for (const index of partitions) indexes.add(index);
  }
  return Array.from(wanted, ([name, indexes]) => ({ name, wanted: indexes }));
}
