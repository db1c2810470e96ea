/**
 * The settings of one topic, typed: its own overrides, and what the broker says where it has none. A plain value, computed anew when
 * the topic's overrides or the broker's settings change.
 */
import type { BrokerConfig } from './broker-config.ts';
import {
  type BrokerSettingName,
  type TopicSettingName,
  type TopicSettingValue,
  topicSettingByName,
} from './registry.ts';
import { topicTable } from './topic.ts';
import { parseSetting } from './value.ts';

/** Sizes in bytes, times in milliseconds. -1 and `longMax` (2^53−1) mean "no bound", as Kafka documents each setting. */
export interface TopicSettings {
  readonly cleanupPolicy: readonly ('compact' | 'delete')[];
  readonly compressionType: 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer';
  readonly compressionGzipLevel: number;
  readonly compressionLz4Level: number;
  readonly compressionZstdLevel: number;
  readonly deleteRetentionMs: number;
  readonly fileDeleteDelayMs: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  readonly indexIntervalBytes: number;
  readonly maxCompactionLagMs: number;
  readonly maxMessageBytes: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly minInsyncReplicas: number;
  readonly preallocate: boolean;
  readonly retentionBytes: number;
  readonly retentionMs: number;
  /** `internal.segment.bytes` where somebody set it. */
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
  readonly segmentJitterMs: number;
  readonly segmentMs: number;
  /** The broker's: when acks=all is answered. */
  readonly durability: 'sync' | 'os';
}

export type TopicOverrides = ReadonlyMap<string, string>;

/** A broker setting that a topic setting falls back to; `unitMs` is what one of it is worth. */
interface Synonym {
  readonly name: BrokerSettingName;
  readonly unitMs: number;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** In order of precedence. A topic setting that is not here has only its own default. */
const synonyms: Readonly<Partial<Record<TopicSettingName, readonly Synonym[]>>> = {
  'cleanup.policy': [plain('log.cleanup.policy')],
  'compression.gzip.level': [plain('compression.gzip.level')],
  'compression.lz4.level': [plain('compression.lz4.level')],
  'compression.type': [plain('compression.type')],
  'compression.zstd.level': [plain('compression.zstd.level')],
  'delete.retention.ms': [plain('log.cleaner.delete.retention.ms')],
  'file.delete.delay.ms': [plain('log.segment.delete.delay.ms')],
  'flush.messages': [plain('log.flush.interval.messages')],
  'flush.ms': [plain('log.flush.interval.ms'), plain('log.flush.scheduler.interval.ms')],
  'index.interval.bytes': [plain('log.index.interval.bytes')],
  'local.retention.bytes': [plain('log.local.retention.bytes')],
  'local.retention.ms': [plain('log.local.retention.ms')],
  'max.compaction.lag.ms': [plain('log.cleaner.max.compaction.lag.ms')],
  'max.message.bytes': [plain('message.max.bytes')],
  'message.timestamp.after.max.ms': [plain('log.message.timestamp.after.max.ms')],
  'message.timestamp.before.max.ms': [plain('log.message.timestamp.before.max.ms')],
  'message.timestamp.type': [plain('log.message.timestamp.type')],
  'min.cleanable.dirty.ratio': [plain('log.cleaner.min.cleanable.ratio')],
  'min.compaction.lag.ms': [plain('log.cleaner.min.compaction.lag.ms')],
  'min.insync.replicas': [plain('min.insync.replicas')],
  preallocate: [plain('log.preallocate')],
  'retention.bytes': [plain('log.retention.bytes')],
  'retention.ms': [
    plain('log.retention.ms'),
    { name: 'log.retention.minutes', unitMs: minuteMs },
    { name: 'log.retention.hours', unitMs: hourMs },
  ],
  'segment.bytes': [plain('log.segment.bytes')],
  'segment.index.bytes': [plain('log.index.size.max.bytes')],
  'segment.jitter.ms': [plain('log.roll.jitter.ms'), { name: 'log.roll.jitter.hours', unitMs: hourMs }],
  'segment.ms': [plain('log.roll.ms'), { name: 'log.roll.hours', unitMs: hourMs }],
  'unclean.leader.election.enable': [plain('unclean.leader.election.enable')],
};

export function topicSettings(config: BrokerConfig, overrides: TopicOverrides = new Map()): TopicSettings {
  const value = <Name extends TopicSettingName>(name: Name) => topicValue(config, overrides, name);
  return {
    cleanupPolicy: value('cleanup.policy'),
    compressionType: value('compression.type'),
    compressionGzipLevel: value('compression.gzip.level'),
    compressionLz4Level: value('compression.lz4.level'),
    compressionZstdLevel: value('compression.zstd.level'),
    deleteRetentionMs: value('delete.retention.ms'),
    fileDeleteDelayMs: value('file.delete.delay.ms'),
    flushMessages: value('flush.messages'),
    flushMs: value('flush.ms'),
    indexIntervalBytes: value('index.interval.bytes'),
    maxCompactionLagMs: value('max.compaction.lag.ms'),
    maxMessageBytes: value('max.message.bytes'),
    messageTimestampAfterMaxMs: value('message.timestamp.after.max.ms'),
    messageTimestampBeforeMaxMs: value('message.timestamp.before.max.ms'),
    messageTimestampType: value('message.timestamp.type'),
    minCleanableDirtyRatio: value('min.cleanable.dirty.ratio'),
    minCompactionLagMs: value('min.compaction.lag.ms'),
    minInsyncReplicas: value('min.insync.replicas'),
    preallocate: value('preallocate'),
    retentionBytes: value('retention.bytes'),
    retentionMs: value('retention.ms'),
    segmentBytes: value('internal.segment.bytes') ?? value('segment.bytes'),
    segmentIndexBytes: value('segment.index.bytes'),
    segmentJitterMs: value('segment.jitter.ms'),
    segmentMs: value('segment.ms'),
    durability: config.get('durability'),
  };
}

/** The value that counts for a topic: its own, the broker's, the default. An override that is no legal value (any more) does not count. */
export function topicValue<Name extends TopicSettingName>(
  config: BrokerConfig,
  overrides: TopicOverrides,
  name: Name,
): TopicSettingValue<Name> {
  const text = overrides.get(name);
  const setting = topicSettingByName.get(name);
  if (text !== undefined && setting !== undefined) {
    const parsed = parseSetting(name, setting, text);
    // The value was read by the setting of this name.
    if (parsed.kind === 'value') return parsed.value as TopicSettingValue<Name>;
  }
  // A broker setting has the type of the topic setting that it is the default of.
  return (inherited(config, name) ?? topicTable[name].default) as TopicSettingValue<Name>;
}

/** The names of the broker's settings behind a topic setting, in order of precedence. */
export function topicSynonyms(name: string): readonly string[] {
  return Object.hasOwn(synonyms, name) ? (synonyms[name as TopicSettingName] ?? []).map((synonym) => synonym.name) : [];
}

function inherited(config: BrokerConfig, name: TopicSettingName): unknown {
  for (const synonym of synonyms[name] ?? []) {
    const value: unknown = config.get(synonym.name);
    // Any negative number keeps records for ever, in whatever unit.
    if (typeof value === 'number' && name === 'retention.ms' && value < 0) return -1;
    if (typeof value === 'number') return value * synonym.unitMs;
    if (value !== undefined) return value;
  }
  return undefined;
}

function plain(name: BrokerSettingName): Synonym {
  return { name, unitMs: 1 };
}
