/** Every setting by name, in its tables. Nothing is computed here; a test compares the whole with Apache Kafka 4.3.1. */
import { cleanerSettings } from './broker/cleaner.ts';
import { consumerGroupSettings } from './broker/consumer-groups.ts';
import { groupCoordinatorSettings } from './broker/groups.ts';
import { kraftSettings } from './broker/kraft.ts';
import { logSettings } from './broker/log.ts';
import { networkSettings } from './broker/network.ts';
import { ottlaSettings } from './broker/ottla.ts';
import { quotaAndMetricSettings } from './broker/quotas-and-metrics.ts';
import { remoteLogSettings } from './broker/remote-log.ts';
import { replicationSettings } from './broker/replication.ts';
import { saslSettings } from './broker/sasl.ts';
import { shareGroupSettings } from './broker/share-groups.ts';
import { sslSettings } from './broker/ssl.ts';
import { streamsGroupSettings } from './broker/streams-groups.ts';
import { transactionSettings } from './broker/transactions.ts';
import { clientMetricsTable } from './client-metrics.ts';
import { groupTable } from './group.ts';
import type { Setting, SettingTable, ValueOf } from './setting.ts';
import { topicTable } from './topic.ts';

export const brokerTable = {
  ...ottlaSettings,
  ...networkSettings,
  ...logSettings,
  ...cleanerSettings,
  ...groupCoordinatorSettings,
  ...consumerGroupSettings,
  ...shareGroupSettings,
  ...streamsGroupSettings,
  ...transactionSettings,
  ...saslSettings,
  ...sslSettings,
  ...kraftSettings,
  ...replicationSettings,
  ...remoteLogSettings,
  ...quotaAndMetricSettings,
};

export type BrokerSettingName = keyof typeof brokerTable;
export type BrokerSettingValue<Name extends BrokerSettingName> = ValueOf<(typeof brokerTable)[Name]>;
export type TopicSettingName = keyof typeof topicTable;
export type TopicSettingValue<Name extends TopicSettingName> = ValueOf<(typeof topicTable)[Name]>;
export type GroupSettingName = keyof typeof groupTable;
export type GroupSettingValue<Name extends GroupSettingName> = ValueOf<(typeof groupTable)[Name]>;

/** What counts for one broker, whoever works it out. */
export interface EffectiveSettings {
  get<Name extends BrokerSettingName>(name: Name): BrokerSettingValue<Name>;
}

export function isBrokerSetting(name: string): name is BrokerSettingName {
  return Object.hasOwn(brokerTable, name);
}

export function isTopicSetting(name: string): name is TopicSettingName {
  return Object.hasOwn(topicTable, name);
}

export function isGroupSetting(name: string): name is GroupSettingName {
  return Object.hasOwn(groupTable, name);
}

export const brokerSettingByName: ReadonlyMap<string, Setting> = byName(brokerTable);
export const topicSettingByName: ReadonlyMap<string, Setting> = byName(topicTable);
export const groupSettingByName: ReadonlyMap<string, Setting> = byName(groupTable);
export const clientMetricsSettingByName: ReadonlyMap<string, Setting> = byName(clientMetricsTable);

function byName(table: SettingTable): ReadonlyMap<string, Setting> {
  return new Map(Object.entries(table));
}
