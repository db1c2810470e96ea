/** The log: segments, indexes, retention, timestamps, flushing, compression, and what a topic gets when nobody said otherwise. */
import { gzipLevel } from '../check.ts';
import { boolean, int, javaClass, list, long, longMax, string } from '../setting.ts';

export const logSettings = {
  'alter.config.policy.class.name': javaClass(undefined, { importance: 'low' }),
  'auto.create.topics.enable': boolean(true, {
    importance: 'high',
    effect: 'Metadata requests create the topics that they ask for and that do not exist.',
  }),
  'compression.gzip.level': int(-1, {
    check: gzipLevel,
    dynamic: 'cluster-wide',
    effect: 'How hard gzip tries where the broker compresses. Topic default.',
  }),
  'compression.lz4.level': int(9, {
    min: 1,
    max: 17,
    dynamic: 'cluster-wide',
  }),
  'compression.type': string('producer', {
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'What batches are compressed with in the log, or `producer` to keep them as they came. Topic default.',
  }),
  'compression.zstd.level': int(3, {
    min: -131072,
    max: 22,
    dynamic: 'cluster-wide',
    effect: 'How hard zstd tries where the broker compresses. Topic default.',
  }),
  'cordoned.log.dirs': list([], {
    dynamic: 'per-broker',
    effect: 'Data directories that get no new partitions; `*` means all.',
  }),
  'create.topic.policy.class.name': javaClass(undefined, { importance: 'low' }),
  'default.replication.factor': int(1, {
    effect: 'Replicas of a topic whose creator did not say. One is kept, whatever the number.',
  }),
  'delete.records.purgatory.purge.interval.requests': int(1),
  'delete.topic.enable': boolean(true, { importance: 'high', effect: 'Topics may be deleted.' }),
  'fetch.max.bytes': int(57_671_680, {
    min: 1024,
    effect: 'The largest answer to a fetch, whatever the client asked for.',
  }),
  'fetch.purgatory.purge.interval.requests': int(1000),
  'log.cleanup.policy': list(['delete'], {
    someOf: ['compact', 'delete'],
    dynamic: 'cluster-wide',
    effect: 'What becomes of old data. Topic default.',
  }),
  'log.dir': list(['ottla-data'], {
    filled: true,
    importance: 'high',
    kafkaDefault: '/tmp/kafka-logs',
    effect: 'The data directories, where `log.dirs` says nothing.',
  }),
  'log.dir.failure.timeout.ms': long(30_000, { min: 1, importance: 'low' }),
  'log.dirs': list(undefined, {
    filled: true,
    importance: 'high',
    effect: 'The data directories; wins over log.dir. A new partition goes where most room is free per partition.',
  }),
  'log.flush.interval.messages': long(longMax, {
    min: 1,
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'After so many records the log is synced, also with durability=os. Topic default.',
  }),
  'log.flush.interval.ms': long(undefined, {
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'After this time the log is synced, also with durability=os. Topic default.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int(60_000, {
    min: 0,
    importance: 'high',
    effect: 'How often it is written down up to where each log is known to be synced.',
  }),
  'log.flush.scheduler.interval.ms': long(longMax, {
    importance: 'high',
    effect: 'Stands in for log.flush.interval.ms where that is not set.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int(60_000, { min: 0, importance: 'high' }),
  'log.index.interval.bytes': int(4096, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: 'Bytes of log between two entries of an offset index. Topic default.',
  }),
  'log.index.size.max.bytes': int(10_485_760, {
    min: 4,
    dynamic: 'cluster-wide',
    effect: 'The largest index; a segment whose index is full ends. Topic default.',
  }),
  'log.initial.task.delay.ms': long(30_000, {
    min: 0,
    importance: 'low',
    internal: true,
    effect: 'How long after the start retention looks for the first time.',
  }),
  'log.message.timestamp.after.max.ms': long(3_600_000, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: "How far ahead a producer's timestamp may lie. Topic default.",
  }),
  'log.message.timestamp.before.max.ms': long(longMax, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: "How far back a producer's timestamp may lie. Topic default.",
  }),
  'log.message.timestamp.type': string('CreateTime', {
    oneOf: ['CreateTime', 'LogAppendTime'],
    dynamic: 'cluster-wide',
    effect: 'Who dates a record: its producer or the broker. Topic default.',
  }),
  'log.preallocate': boolean(false, { dynamic: 'cluster-wide' }),
  'log.retention.bytes': long(-1, {
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'The oldest segments go while a partition is larger than this; -1 keeps them. Topic default.',
  }),
  'log.retention.check.interval.ms': long(300_000, { min: 1, effect: 'How often retention looks.' }),
  'log.retention.hours': int(168, {
    importance: 'high',
    effect: 'The same in hours, when neither milliseconds nor minutes are set.',
  }),
  'log.retention.minutes': int(undefined, {
    importance: 'high',
    effect: 'The same in minutes, when log.retention.ms is not set.',
  }),
  'log.retention.ms': long(undefined, {
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'Segments whose newest record is older than this go; -1 keeps them. Topic default.',
  }),
  'log.roll.hours': int(168, { min: 1, importance: 'high', effect: 'The same in hours, when log.roll.ms is not set.' }),
  'log.roll.jitter.hours': int(0, {
    min: 0,
    importance: 'high',
    effect: 'The same in hours, when log.roll.jitter.ms is not set.',
  }),
  'log.roll.jitter.ms': long(undefined, {
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'Up to this much is taken off log.roll.ms, at random for each segment. Topic default.',
  }),
  'log.roll.ms': long(undefined, {
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'A segment ends when its records span this much time. Topic default.',
  }),
  'log.segment.bytes': int(1_073_741_824, {
    min: 1048576,
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'A segment that would grow beyond this ends. Topic default.',
  }),
  'log.segment.delete.delay.ms': long(60_000, {
    min: 0,
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'How long files of deleted segments stay. Topic default.',
  }),
  'max.incremental.fetch.session.cache.slots': int(1000, {
    min: 0,
    effect: 'Fetch sessions that the broker remembers.',
  }),
  'max.request.partition.size.limit': int(2000, {
    min: 1,
    effect: 'Partitions in one answer of DescribeTopicPartitions.',
  }),
  'message.max.bytes': int(1_048_588, {
    min: 0,
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'The largest record batch, as the topic default of max.message.bytes.',
  }),
  'min.insync.replicas': int(1, {
    min: 1,
    importance: 'high',
    dynamic: 'cluster-wide',
    effect: 'Answered to whoever asks; with one replica nothing follows from it. Topic default.',
  }),
  'num.partitions': int(1, { min: 1, effect: 'Partitions of a topic whose creator did not say.' }),
  'num.recovery.threads.per.data.dir': int(2, { min: 1, importance: 'high', dynamic: 'cluster-wide' }),
  'producer.purgatory.purge.interval.requests': int(1000),
  'unclean.leader.election.enable': boolean(false, { importance: 'high', dynamic: 'cluster-wide' }),
};
