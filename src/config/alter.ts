/**
 * What becomes of a resource's overrides when somebody asks to change them (IncrementalAlterConfigs, AlterConfigs, CreateTopics): the new
 * overrides, or the refusal in Kafka's words. Pure: the caller writes the outcome down and decides who may ask.
 */
import { unreachable } from '../base/assert.ts';
import type { BrokerConfig } from './broker-config.ts';
import { groupBoundsProblem } from './group-settings.ts';
import { cordonProblem, directoriesOf } from './log-directories.ts';
import { brokerQuotaTable } from './quota.ts';
import {
  type BrokerSettingName,
  brokerSettingByName,
  brokerTable,
  clientMetricsSettingByName,
  groupSettingByName,
  isBrokerSetting,
  topicSettingByName,
} from './registry.ts';
import type { Setting } from './setting.ts';
import { topicValue } from './topic-settings.ts';
import { parseSetting, valueText } from './value.ts';

export interface Alteration {
  readonly name: string;
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly value: string | null;
}

export type Overrides = ReadonlyMap<string, string>;

/** `invalid-config` is Kafka's error 40, `invalid-request` its 42. */
export type AlterOutcome = { readonly kind: 'altered'; readonly overrides: Overrides } | AlterRefusal;
export interface AlterRefusal {
  readonly kind: 'refused';
  readonly reason: 'invalid-config' | 'invalid-request';
  readonly message: string;
}

/** The overrides of a topic after `alterations` of what it has now. */
export function alterTopic(config: BrokerConfig, current: Overrides, alterations: readonly Alteration[]): AlterOutcome {
  const outcome = alter(current, alterations, topicSettingByName);
  if (outcome.kind === 'refused') return outcome;
  const problem = topicProblem(config, outcome.overrides);
  return problem === undefined ? outcome : refusal('invalid-config', problem);
}

/** The overrides that a new topic gets. Of a name that comes twice, the last one counts. */
export function newTopic(
  config: BrokerConfig,
  settings: readonly { readonly name: string; readonly value: string | null }[],
): AlterOutcome {
  const overrides = new Map<string, string>();
  const nulls: string[] = [];
  for (const { name, value } of settings) {
    if (value === null) nulls.push(name);
    else overrides.set(name, value);
  }
  if (nulls.length > 0) {
    return refusal('invalid-config', `Null value not supported for topic configs: ${nulls.join(',')}`);
  }
  const problem = topicProblem(config, overrides);
  return problem === undefined ? { kind: 'altered', overrides } : refusal('invalid-config', problem);
}

/** Why a topic may not have these overrides. */
function topicProblem(config: BrokerConfig, overrides: Overrides): string | undefined {
  const problem = textsProblem(overrides, topicSettingByName, 'topic config name');
  if (problem !== undefined) return problem;
  if (topicValue(config, overrides, 'remote.storage.enable')) {
    return 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.';
  }
  const minLagMs = topicValue(config, overrides, 'min.compaction.lag.ms');
  const maxLagMs = topicValue(config, overrides, 'max.compaction.lag.ms');
  return minLagMs > maxLagMs
    ? `conflict topic config setting min.compaction.lag.ms (${minLagMs}) > max.compaction.lag.ms (${maxLagMs})`
    : undefined;
}

export function alterGroup(config: BrokerConfig, current: Overrides, alterations: readonly Alteration[]): AlterOutcome {
  const outcome = alter(current, alterations, groupSettingByName);
  if (outcome.kind === 'refused') return outcome;
  const problem =
    textsProblem(outcome.overrides, groupSettingByName, 'group config name') ??
    groupBoundsProblem(config, outcome.overrides);
  return problem === undefined ? outcome : refusal('invalid-config', problem);
}

export function alterClientMetrics(current: Overrides, alterations: readonly Alteration[]): AlterOutcome {
  // Although two of them are lists, Kafka knows no types here when it appends, and clients rely on the refusal.
  const outcome = alter(current, alterations, new Map());
  if (outcome.kind === 'refused') return outcome;
  for (const name of outcome.overrides.keys()) {
    if (!clientMetricsSettingByName.has(name)) {
      return refusal('invalid-request', `Unknown client metrics configuration: ${name}`);
    }
  }
  const problem = textsProblem(outcome.overrides, clientMetricsSettingByName, 'client metrics configuration');
  if (problem !== undefined) return refusal('invalid-config', problem);
  return clientMetricsRefusal(outcome.overrides) ?? outcome;
}

/**
 * `scope` says whose settings `current` are: this broker's own or those of the whole cluster. A name that nobody knows may be set (it may belong to
 * a plug-in), but not one that only the start reads.
 */
export function alterBroker(
  config: BrokerConfig,
  scope: 'broker' | 'cluster',
  current: Overrides,
  alterations: readonly Alteration[],
): AlterOutcome {
  const outcome = alter(current, alterations, dynamicSettings);
  if (outcome.kind === 'refused') return { ...outcome, reason: 'invalid-request' };
  const names = [...outcome.overrides.keys()];
  const fixed = names.filter((name) => brokerSettingByName.get(name)?.dynamic === 'read-only');
  if (fixed.length > 0)
    return refusal('invalid-request', `Cannot update these configs dynamically: [${fixed.join(', ')}]`);
  const perListener = names.filter((name) => /^ssl\.(keystore|truststore|key)\./.test(name));
  if (perListener.length > 0) {
    const why = 'These security configs can be dynamically updated only per-listener using the listener prefix';
    return refusal('invalid-request', `${why}: [${perListener.join(', ')}]`);
  }
  for (const [name, text] of outcome.overrides) {
    const setting = dynamicSettings.get(name);
    const parsed = setting === undefined ? undefined : parseSetting(name, setting, text);
    if (parsed?.kind === 'refused') return refusal('invalid-request', parsed.message);
  }
  const single = names.filter((name) => brokerSettingByName.get(name)?.dynamic === 'per-broker');
  if (scope === 'cluster' && single.length > 0) {
    const why = 'Cannot update these configs at default cluster level, broker id must be specified';
    return refusal('invalid-request', `${why}: [${single.join(', ')}]`);
  }
  const problem = cordonedProblem(config, outcome.overrides) ?? threadCountProblem(config, outcome.overrides);
  return problem === undefined ? outcome : refusal('invalid-request', problem);
}

/** AlterConfigs replaces: what is not named goes back to its default. */
export function replacing(
  current: Overrides,
  settings: readonly { name: string; value: string | null }[],
): Alteration[] {
  const named = new Set(settings.map((setting) => setting.name));
  return [
    ...[...current.keys()].filter((name) => !named.has(name)).map((name) => deletion(name)),
    ...settings.map(({ name, value }) => ({ name, operation: 'set' as const, value })),
  ];
}

const dynamicSettings: ReadonlyMap<string, Setting> = new Map([
  ...brokerSettingByName,
  ...Object.entries(brokerQuotaTable),
]);

/** The mechanics that all resources share; what a value may be is checked on the outcome. */
function alter(
  current: Overrides,
  alterations: readonly Alteration[],
  settings: ReadonlyMap<string, Setting>,
): AlterOutcome {
  if (new Set(alterations.map((alteration) => alteration.name)).size < alterations.length) {
    return refusal('invalid-request', 'Error due to duplicate config keys');
  }
  const nulls = alterations.filter(({ operation, value }) => value === null && operation !== 'delete');
  if (nulls.length > 0) {
    return refusal('invalid-request', `Null value not supported for : ${nulls.map(({ name }) => name).join(',')}`);
  }
  const overrides = new Map(current);
  for (const { name, operation, value } of alterations) {
    const text = value ?? '';
    switch (operation) {
      case 'set':
        overrides.set(name, text);
        break;
      case 'delete':
        overrides.delete(name);
        break;
      case 'append':
      case 'subtract': {
        const setting = settings.get(name);
        if (setting?.type !== 'list') {
          const why = `Can't ${operation.toUpperCase()} to key ${name} because its type is not LIST.`;
          return refusal('invalid-config', why);
        }
        const elements = splitList(overrides.get(name) ?? valueText('list', setting.default) ?? '');
        overrides.set(name, changedList(elements, operation, splitList(text)).join(','));
        break;
      }
      default:
        unreachable(operation);
    }
  }
  return { kind: 'altered', overrides };
}

function changedList(
  elements: readonly string[],
  operation: 'append' | 'subtract',
  operands: readonly string[],
): readonly string[] {
  if (operation === 'subtract') return operands.reduce(withoutFirst, elements);
  return [...elements, ...operands.filter((operand) => !elements.includes(operand))];
}

/** What occurs twice in a list that was set so stays once, as in Apache Kafka. */
function withoutFirst(elements: readonly string[], operand: string): readonly string[] {
  const at = elements.indexOf(operand);
  return at < 0 ? elements : elements.toSpliced(at, 1);
}

function splitList(text: string): readonly string[] {
  return text === '' ? [] : text.split(',');
}

function textsProblem(overrides: Overrides, settings: ReadonlyMap<string, Setting>, what: string): string | undefined {
  for (const name of overrides.keys()) {
    if (!settings.has(name)) return `Unknown ${what}: ${name}`;
  }
  for (const [name, text] of overrides) {
    const setting = settings.get(name);
    const parsed = setting === undefined ? undefined : parseSetting(name, setting, text);
    if (parsed?.kind === 'refused') return parsed.message;
  }
  return undefined;
}

const matchKeys = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
];

/** KIP-714: the push interval has bounds, and a match is `key=pattern`. */
function clientMetricsRefusal(overrides: Overrides): AlterRefusal | undefined {
  const interval = overrides.get('interval.ms');
  if (interval !== undefined && (Number(interval) < 100 || Number(interval) > 3_600_000)) {
    const why = `Invalid value ${Number(interval)} for interval.ms, interval must be between 100 and 3600000 (1 hour)`;
    return refusal('invalid-request', why);
  }
  const bad = splitList(overrides.get('match') ?? '').find((pattern) => !isMatch(pattern));
  return bad === undefined ? undefined : refusal('invalid-config', `Illegal client matching pattern: ${bad}`);
}

function isMatch(pattern: string): boolean {
  const [key = '', expression, ...more] = pattern.split('=');
  if (expression === undefined || more.length > 0 || !matchKeys.includes(key.trim())) return false;
  try {
    return new RegExp(expression.trim()) !== undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

const threadCounts: readonly BrokerSettingName[] = [
  'background.threads',
  'log.cleaner.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
];

/** Apache Kafka lets a pool at most double or halve at once; tools that walk up in steps rely on the answer. */
function threadCountProblem(config: BrokerConfig, overrides: Overrides): string | undefined {
  for (const name of threadCounts) {
    const text = overrides.get(name);
    const setting = brokerSettingByName.get(name);
    if (text === undefined || setting === undefined || !isBrokerSetting(name)) continue;
    const parsed = parseSetting(name, setting, text);
    const count = parsed.kind === 'value' ? Number(parsed.value) : 0;
    const present = Number(config.get(name));
    if (count === present) continue;
    const failed = `Dynamic thread count update validation failed for ${name}=${count}`;
    const wrapped = (why: string) =>
      `Invalid value org.apache.kafka.common.config.ConfigException: ${failed}, ${why} the current value ${present} for configuration Invalid dynamic configuration`;
    if (count > present * 2) return wrapped('value should not be greater than double');
    if (count < Math.max(1, Math.trunc(present / 2))) return wrapped('value should be at least half');
  }
  return undefined;
}

function cordonedProblem(config: BrokerConfig, overrides: Overrides): string | undefined {
  const name = 'cordoned.log.dirs';
  const text = overrides.get(name);
  if (text === undefined) return undefined;
  const parsed = parseSetting(name, brokerTable[name], text);
  if (parsed.kind === 'refused') return parsed.message;
  return cordonProblem(parsed.value, directoriesOf(config));
}

function deletion(name: string): Alteration {
  return { name, operation: 'delete', value: null };
}

function refusal(reason: AlterRefusal['reason'], message: string): AlterRefusal {
  return { kind: 'refused', reason, message };
}
