/**
 * DescribeLogDirs v1–5: how much room partitions take (KIP-113).
 *
 * v2 is flexible, v3 has an error for the whole, v4 the room on the volume (KIP-827), v5 whether the directory takes new partitions (KIP-1066). Unknown topics
 * and partitions are left out. Differs from Apache Kafka: the size of the volume is not told; a broker in memory calls its directory `memory`.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';

type Asked = RequestOf<typeof DescribeLogDirs>['topics'];

const UNKNOWN_BYTES = -1;

export const describeLogDirs = handler(DescribeLogDirs, async (request, { broker }) => {
  const { engine, dataDir, env, metadata } = broker;
  const bytes = new Map((await engine.usage()).map(({ id, bytes }) => [`${id.topicId} ${id.partition}`, bytes]));
  const usableBytes = dataDir === undefined ? UNKNOWN_BYTES : (await env.disk.space(dataDir)).usableBytes;
  const topics = askedPartitions(request.topics, broker).map(({ name, indexes }) => ({
    name,
    partitions: indexes.map((partitionIndex) => ({
      partitionIndex,
      partitionSize: bytes.get(`${metadata.image.topicByName(name)?.id} ${partitionIndex}`) ?? 0,
    })),
  }));
  return {
    results: [{ errorCode: ErrorCode.NONE, logDir: dataDir ?? 'memory', topics, usableBytes }],
  };
});

/** What was asked for, as far as this broker leads it. */
function askedPartitions(
  asked: Asked,
  { metadata, nodeId }: RequestContext['broker'],
): readonly { readonly name: string; readonly indexes: readonly number[] }[] {
  const wishes = asked === null ? undefined : wishesByTopic(asked);
  const all = () => Array.from(metadata.image.topics(), ({ name }) => ({ name, wanted: undefined }));
  return (wishes ?? all())
    .map(({ name, wanted }) => ({
      name,
      indexes: (metadata.image.topicByName(name)?.partitions ?? [])
        .filter(({ index, leader }) => leader === nodeId && wanted?.has(index) !== false)
        .map(({ index }) => index),
    }))
    .filter(({ indexes }) => indexes.length > 0);
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
