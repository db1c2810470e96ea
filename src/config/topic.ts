/** Settings of a topic. What a topic does not set comes from the broker (`topic-settings.ts`). */
import { gzipLevel, throttledReplicas } from './check.ts';
import { boolean, double, int, list, long, longMax, string } from './setting.ts';

export const topicTable = {
  'cleanup.policy': list(['delete'], {
    someOf: ['compact', 'delete'],
    effect: 'What becomes of old data: `delete` by retention, `compact` to the last record of each key.',
  }),
  'compression.gzip.level': int(-1, { check: gzipLevel, effect: 'How hard gzip tries where the broker compresses.' }),
  'compression.lz4.level': int(9, { min: 1, max: 17 }),
  'compression.type': string('producer', {
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    effect: 'What batches are compressed with in the log, or `producer` to keep them as they came.',
  }),
  'compression.zstd.level': int(3, {
    min: -131072,
    max: 22,
    effect: 'How hard zstd tries where the broker compresses.',
  }),
  'delete.retention.ms': long(86_400_000, {
    min: 0,
    effect:
      'How long tombstones, and markers of transactions without records, stay after the compaction that found them.',
  }),
  'file.delete.delay.ms': long(60_000, { min: 0, effect: 'How long files of deleted segments stay.' }),
  'flush.messages': long(longMax, {
    min: 1,
    effect: 'After so many records the log is synced, also with durability=os.',
  }),
  'flush.ms': long(longMax, { min: 0, effect: 'After this time the log is synced, also with durability=os.' }),
  'follower.replication.throttled.replicas': list([], { check: throttledReplicas }),
  'index.interval.bytes': int(4096, { min: 0, effect: 'Bytes of log between two entries of an offset index.' }),
  'internal.segment.bytes': int(undefined, {
    internal: true,
    effect: 'Segment size below the bound of segment.bytes, for tests; wins over it.',
  }),
  'leader.replication.throttled.replicas': list([], { check: throttledReplicas }),
  'local.retention.bytes': long(-2, { min: -2 }),
  'local.retention.ms': long(-2, { min: -2 }),
  'max.compaction.lag.ms': long(longMax, { min: 1, effect: 'How long a record may wait for compaction.' }),
  'max.message.bytes': int(1_048_588, { min: 0, effect: 'The largest record batch.' }),
  'message.timestamp.after.max.ms': long(3_600_000, {
    min: 0,
    effect: "How far ahead a producer's timestamp may lie.",
  }),
  'message.timestamp.before.max.ms': long(longMax, { min: 0, effect: "How far back a producer's timestamp may lie." }),
  'message.timestamp.type': string('CreateTime', {
    oneOf: ['CreateTime', 'LogAppendTime'],
    effect: 'Who dates a record: its producer or the broker.',
  }),
  'min.cleanable.dirty.ratio': double(0.5, {
    min: 0,
    max: 1,
    effect: 'The share of new bytes from which a log is compacted.',
  }),
  'min.compaction.lag.ms': long(0, { min: 0, effect: 'How long a record is safe from compaction.' }),
  'min.insync.replicas': int(1, {
    min: 1,
    effect: 'Answered to whoever asks; with one replica nothing follows from it.',
  }),
  preallocate: boolean(false),
  'remote.log.copy.disable': boolean(false),
  'remote.log.delete.on.disable': boolean(false),
  'remote.storage.enable': boolean(false),
  'retention.bytes': long(-1, {
    effect: 'The oldest segments go while a partition is larger than this; -1 keeps them.',
  }),
  'retention.ms': long(604_800_000, {
    min: -1,
    effect: 'Segments whose newest record is older than this go; -1 keeps them.',
  }),
  'segment.bytes': int(1_073_741_824, { min: 1048576, effect: 'A segment that would grow beyond this ends.' }),
  'segment.index.bytes': int(10_485_760, { min: 4, effect: 'The largest index; a segment whose index is full ends.' }),
  'segment.jitter.ms': long(0, {
    min: 0,
    effect: 'Up to this much is taken off segment.ms, at random for each segment.',
  }),
  'segment.ms': long(604_800_000, { min: 1, effect: 'A segment ends when its records span this much time.' }),
  'unclean.leader.election.enable': boolean(false),
};
