/**
 * Rows of DescribeConfigs: value, source, synonyms, type, secrecy and documentation of every setting of a topic, a broker, the cluster
 * default, a group or a client-metrics subscription. Reads settings, changes nothing, and does not know who may see them.
 */
import type { BrokerConfig } from './broker-config.ts';
import { brokerSynonyms } from './broker-synonyms.ts';
import { groupSynonym, groupValue } from './group-settings.ts';
import { brokerQuotaTable } from './quota.ts';
import {
  brokerSettingByName,
  clientMetricsSettingByName,
  groupSettingByName,
  isBrokerSetting,
  isGroupSetting,
  isTopicSetting,
  topicSettingByName,
} from './registry.ts';
import type { Setting, SettingType } from './setting.ts';
import { topicSynonyms, topicValue } from './topic-settings.ts';
import { parseSetting, valueText } from './value.ts';

/** Kafka's numbers for where a value comes from. */
export const ConfigSource = {
  TOPIC: 1,
  BROKER: 2,
  CLUSTER_DEFAULT: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

export interface DescribedSetting {
  readonly name: string;
  /** Null when there is none, and for secrets. */
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: ConfigSource;
  readonly isSensitive: boolean;
  /** All values that there are, the one that counts first; empty unless asked for. */
  readonly synonyms: readonly DescribedSynonym[];
  /** Kafka's number of the type, 0 for a name that nobody knows. */
  readonly configType: number;
  /** Null unless asked for. */
  readonly documentation: string | null;
}

export interface DescribedSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

export interface DescribeOptions {
  /** Null or empty: all. Names that do not exist are left out. */
  readonly keys: readonly string[] | null;
  readonly includeSynonyms: boolean;
  readonly includeDocumentation: boolean;
}

const typeNumbers: Readonly<Record<SettingType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

type Texts = ReadonlyMap<string, string>;

export function describeTopic(config: BrokerConfig, overrides: Texts, options: DescribeOptions): DescribedSetting[] {
  return wanted(shownNames(topicSettingByName, overrides), options).map((name) => {
    const value = isTopicSetting(name) ? topicValue(config, overrides, name) : overrides.get(name);
    const setting = topicSettingByName.get(name);
    const synonym = topicSynonyms(name)[0];
    const inherited = synonym === undefined ? [] : brokerValues(config, synonym);
    return row({
      name,
      setting,
      value,
      synonyms: [...own({ name, setting, value, texts: overrides, source: ConfigSource.TOPIC }), ...inherited],
      options,
    });
  });
}

/** All of one broker. Settings that are internal, and names that nobody knows, are there only if somebody set them. */
export function describeBroker(config: BrokerConfig, options: DescribeOptions): DescribedSetting[] {
  const given = new Map([
    ...[...config.staticEntries].map(([name, { text }]) => [name, text] as const),
    ...config.dynamicEntries('cluster'),
    ...config.dynamicEntries('broker'),
  ]);
  return wanted(shownNames(brokerSettingByName, given), options).map((name) =>
    brokerRow(name, {
      value: isBrokerSetting(name) ? config.get(name) : given.get(name),
      synonyms: brokerValues(config, name),
      options,
    }),
  );
}

/** What was set for all brokers, and nothing else. */
export function describeClusterDefault(config: BrokerConfig, options: DescribeOptions): DescribedSetting[] {
  const entries = config.dynamicEntries('cluster');
  return wanted([...entries.keys()], options).map((name) =>
    brokerRow(name, {
      value: entries.get(name),
      synonyms: own({
        name,
        setting: brokerSetting(name),
        value: entries.get(name),
        texts: entries,
        source: ConfigSource.CLUSTER_DEFAULT,
      }),
      options,
    }),
  );
}

export function describeGroup(config: BrokerConfig, overrides: Texts, options: DescribeOptions): DescribedSetting[] {
  return wanted([...groupSettingByName.keys()], options).map((name) => {
    const setting = groupSettingByName.get(name);
    const value = isGroupSetting(name) ? groupValue(config, overrides, name) : undefined;
    const synonym = groupSynonym(name);
    const inherited = synonym === undefined ? ownDefault(name, setting) : brokerValues(config, synonym);
    return row({
      name,
      setting,
      value,
      synonyms: [...own({ name, setting, value, texts: overrides, source: ConfigSource.GROUP }), ...inherited],
      options,
    });
  });
}

export function describeClientMetrics(overrides: Texts, options: DescribeOptions): DescribedSetting[] {
  return wanted([...clientMetricsSettingByName.keys()], options).map((name) => {
    const setting = clientMetricsSettingByName.get(name);
    const text = overrides.get(name);
    const parsed = text === undefined || setting === undefined ? undefined : parseSetting(name, setting, text);
    const value = parsed?.kind === 'value' ? parsed.value : setting?.default;
    return row({
      name,
      setting,
      value,
      synonyms: own({ name, setting, value, texts: overrides, source: ConfigSource.CLIENT_METRICS }),
      options,
    });
  });
}

function wanted(names: readonly string[], options: DescribeOptions): readonly string[] {
  const { keys } = options;
  return keys === null || keys.length === 0 ? names : names.filter((name) => keys.includes(name));
}

function shownNames(settings: ReadonlyMap<string, Setting>, given: Texts): readonly string[] {
  const usual = [...settings].filter(([, setting]) => !setting.internal).map(([name]) => name);
  return [...new Set([...usual, ...given.keys()])];
}

function brokerRow(
  name: string,
  described: {
    readonly value: unknown;
    readonly synonyms: readonly DescribedSynonym[];
    readonly options: DescribeOptions;
  },
): DescribedSetting {
  const setting = brokerSetting(name);
  const isFixed = setting === undefined || setting.dynamic === 'read-only';
  return { ...row({ name, setting, ...described }), readOnly: isFixed };
}

const quotas: ReadonlyMap<string, Setting> = new Map(Object.entries(brokerQuotaTable));

/** Also one that only exists when somebody sets it while the broker runs. */
function brokerSetting(name: string): Setting | undefined {
  return brokerSettingByName.get(name) ?? quotas.get(name);
}

function row(described: {
  readonly name: string;
  readonly setting: Setting | undefined;
  readonly value: unknown;
  readonly synonyms: readonly DescribedSynonym[];
  readonly options: DescribeOptions;
}): DescribedSetting {
  const { name, setting, value, synonyms, options } = described;
  return {
    name,
    value: shown(setting, value),
    readOnly: false,
    configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT,
    isSensitive: isSecret(setting),
    synonyms: options.includeSynonyms ? synonyms : [],
    configType: setting === undefined ? 0 : typeNumbers[setting.type],
    documentation: options.includeDocumentation ? documentation(setting) : null,
  };
}

function shown(setting: Setting | undefined, value: unknown): string | null {
  if (setting === undefined || isSecret(setting)) return null;
  return typeof value === 'string' ? value : valueText(setting.type, value);
}

/** What is not known may be a secret. */
function isSecret(setting: Setting | undefined): boolean {
  return setting === undefined || setting.type === 'password';
}

function documentation(setting: Setting | undefined): string | null {
  if (setting === undefined) return null;
  return setting.effect ?? 'Accepted so that existing files and tools work; has no effect in Ottla.';
}

/** Of what was set here, the value is listed as it is understood, as in Apache Kafka; of what is inherited, the text. */
function own(given: {
  readonly name: string;
  readonly setting: Setting | undefined;
  readonly value: unknown;
  readonly texts: Texts;
  readonly source: ConfigSource;
}): DescribedSynonym[] {
  const { name, setting, value, texts, source } = given;
  return texts.has(name) ? [{ name, value: shown(setting, value), source }] : [];
}

function ownDefault(name: string, setting: Setting | undefined): DescribedSynonym[] {
  return setting === undefined
    ? []
    : [{ name, value: valueText(setting.type, setting.default), source: ConfigSource.DEFAULT }];
}

/**
 * Every value that a broker has for `self` and the names that mean the same, layer by layer. As in Apache Kafka, what stands before the
 * first value under the name itself is dropped: hours alone are no synonym of milliseconds.
 */
function brokerValues(config: BrokerConfig, self: string): DescribedSynonym[] {
  const found: DescribedSynonym[] = [];
  const add = (source: ConfigSource, textOf: (name: string) => string | null | undefined) => {
    for (const name of brokerSynonyms(self)) {
      const text = textOf(name);
      if (text === undefined || text === null) continue;
      found.push({ name, value: isSecret(brokerSetting(name)) ? null : text, source });
    }
  };
  add(ConfigSource.BROKER, (name) => config.dynamicEntries('broker').get(name));
  add(ConfigSource.CLUSTER_DEFAULT, (name) => config.dynamicEntries('cluster').get(name));
  add(ConfigSource.STATIC_BROKER, (name) => config.staticEntries.get(name)?.text);
  add(ConfigSource.DEFAULT, (name) => defaultText(name));
  const first = found.findIndex((synonym) => synonym.name === self);
  return first < 0 ? [] : found.slice(first);
}

/** Where Apache Kafka has no default, none is listed, so that tools that compare brokers find the same rows. */
function defaultText(name: string): string | null {
  const setting = brokerSettingByName.get(name);
  return setting === undefined || setting.kafkaDefault === '' ? null : valueText(setting.type, setting.default);
}
