/**
 * The settings of one group, typed: its own overrides, held within the bounds that the broker sets, and the broker's values where it has
 * none. A plain value, computed anew when either changes.
 */
import type { BrokerConfig } from './broker-config.ts';
import { groupTable } from './group.ts';
import { type GroupSettingSource, groupSources } from './group-sources.ts';
import {
  type BrokerSettingName,
  type GroupSettingName,
  type GroupSettingValue,
  groupSettingByName,
  isGroupSetting,
} from './registry.ts';
import { parseSetting } from './value.ts';

/** Times in milliseconds. */
export interface GroupSettings {
  readonly consumerAssignmentIntervalMs: number;
  readonly consumerHeartbeatIntervalMs: number;
  readonly consumerSessionTimeoutMs: number;
  readonly shareAssignmentIntervalMs: number;
  /** `latest`, `earliest` or `by_duration:` with an ISO-8601 duration. */
  readonly shareAutoOffsetReset: string;
  readonly shareDeliveryCountLimit: number;
  readonly shareHeartbeatIntervalMs: number;
  readonly shareIsolationLevel: 'read_committed' | 'read_uncommitted';
  readonly sharePartitionMaxRecordLocks: number;
  readonly shareRecordLockDurationMs: number;
  readonly shareRenewAcknowledgeEnable: boolean;
  readonly shareSessionTimeoutMs: number;
  readonly streamsAssignmentIntervalMs: number;
  readonly streamsHeartbeatIntervalMs: number;
  readonly streamsInitialRebalanceDelayMs: number;
  readonly streamsNumStandbyReplicas: number;
  readonly streamsSessionTimeoutMs: number;
}

export type GroupOverrides = ReadonlyMap<string, string>;

export function groupSettings(config: BrokerConfig, overrides: GroupOverrides = new Map()): GroupSettings {
  const value = <Name extends GroupSettingName>(name: Name) => groupValue(config, overrides, name);
  return {
    consumerAssignmentIntervalMs: value('consumer.assignment.interval.ms'),
    consumerHeartbeatIntervalMs: value('consumer.heartbeat.interval.ms'),
    consumerSessionTimeoutMs: value('consumer.session.timeout.ms'),
    shareAssignmentIntervalMs: value('share.assignment.interval.ms'),
    shareAutoOffsetReset: value('share.auto.offset.reset'),
    shareDeliveryCountLimit: value('share.delivery.count.limit'),
    shareHeartbeatIntervalMs: value('share.heartbeat.interval.ms'),
    shareIsolationLevel: value('share.isolation.level'),
    sharePartitionMaxRecordLocks: value('share.partition.max.record.locks'),
    shareRecordLockDurationMs: value('share.record.lock.duration.ms'),
    shareRenewAcknowledgeEnable: value('share.renew.acknowledge.enable'),
    shareSessionTimeoutMs: value('share.session.timeout.ms'),
    streamsAssignmentIntervalMs: value('streams.assignment.interval.ms'),
    streamsHeartbeatIntervalMs: value('streams.heartbeat.interval.ms'),
    streamsInitialRebalanceDelayMs: value('streams.initial.rebalance.delay.ms'),
    streamsNumStandbyReplicas: value('streams.num.standby.replicas'),
    streamsSessionTimeoutMs: value('streams.session.timeout.ms'),
  };
}

/** The value that counts for a group. An override that is no legal value (any more) does not count; one out of bounds is brought back. */
export function groupValue<Name extends GroupSettingName>(
  config: BrokerConfig,
  overrides: GroupOverrides,
  name: Name,
): GroupSettingValue<Name> {
  const source = groupSources[name];
  const text = overrides.get(name);
  const setting = groupSettingByName.get(name);
  if (text !== undefined && setting !== undefined) {
    const parsed = parseSetting(name, setting, text);
    // The value was read by the setting of this name; bounds keep its type.
    if (parsed.kind === 'value') return withinBounds(config, source, parsed.value) as GroupSettingValue<Name>;
  }
  // A broker setting has the type of the group setting that it is the default of.
  const inherited: unknown = source === undefined ? groupTable[name].default : config.get(source.default);
  return inherited as GroupSettingValue<Name>;
}

/** The broker's setting behind a group setting. */
export function groupSynonym(name: string): BrokerSettingName | undefined {
  return isGroupSetting(name) ? groupSources[name]?.default : undefined;
}

/** Why a group may not have these overrides together with the broker's settings, in Kafka's words. Each text is known to be legal. */
export function groupBoundsProblem(config: BrokerConfig, overrides: GroupOverrides): string | undefined {
  const value = (name: GroupSettingName): unknown => {
    const text = overrides.get(name);
    const setting = groupSettingByName.get(name);
    const parsed = text === undefined || setting === undefined ? undefined : parseSetting(name, setting, text);
    return parsed?.kind === 'value' ? parsed.value : groupValue(config, overrides, name);
  };
  for (const [name, source] of Object.entries(groupSources)) {
    const chosen = isGroupSetting(name) ? value(name) : undefined;
    if (typeof chosen !== 'number') continue;
    if (source.min !== undefined && chosen < bound(config, source.min)) {
      return `${name} must be greater than or equal to ${source.min}`;
    }
    if (source.max !== undefined && chosen > bound(config, source.max)) {
      return `${name} must be less than or equal to ${source.max}`;
    }
  }
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const sessionTimeoutMs = Number(value(`${kind}.session.timeout.ms`));
    if (sessionTimeoutMs <= Number(value(`${kind}.heartbeat.interval.ms`))) {
      return `${kind}.session.timeout.ms must be greater than ${kind}.heartbeat.interval.ms`;
    }
  }
  return undefined;
}

function withinBounds(config: BrokerConfig, source: GroupSettingSource | undefined, value: unknown): unknown {
  if (typeof value !== 'number' || source === undefined) return value;
  const atLeast = source.min === undefined ? value : Math.max(value, bound(config, source.min));
  return source.max === undefined ? atLeast : Math.min(atLeast, bound(config, source.max));
}

function bound(config: BrokerConfig, name: BrokerSettingName): number {
  return Number(config.get(name));
}
