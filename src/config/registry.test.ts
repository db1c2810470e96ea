import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clientMetricsTable } from './client-metrics.ts';
import { groupTable } from './group.ts';
import { brokerQuotaTable, ipQuotaTable, userAndClientQuotaTable } from './quota.ts';
import { brokerTable } from './registry.ts';
import type { Setting, SettingTable } from './setting.ts';
import { topicTable } from './topic.ts';
import { valueText } from './value.ts';

interface KafkaSetting {
  readonly name: string;
  readonly type: string;
  readonly required?: boolean;
  readonly defaultText?: string;
  readonly importance: string;
  readonly valid: string | null;
  readonly internal: boolean;
  readonly dynamic?: string;
}

interface KafkaSettings {
  readonly broker: readonly KafkaSetting[];
  readonly brokerDynamicOnly: readonly { readonly name: string; readonly dynamic: string }[];
  readonly topic: readonly KafkaSetting[];
  readonly group: readonly KafkaSetting[];
  readonly clientMetrics: readonly KafkaSetting[];
  readonly quota: Readonly<Record<'userAndClient' | 'ip' | 'broker', readonly KafkaSetting[]>>;
}

// Written by Apache Kafka 4.3.1's own classes.
const kafka: KafkaSettings = JSON.parse(
  readFileSync(new URL('testdata/kafka-4.3.1-settings.json', import.meta.url), 'utf8'),
);

const tables: readonly {
  name: string;
  ours: SettingTable;
  theirs: readonly KafkaSetting[];
  more?: readonly string[];
}[] = [
  {
    name: 'broker',
    ours: brokerTable,
    theirs: kafka.broker,
    more: ['durability', 'memory.max.bytes', 'replication.factor.strict'],
  },
  { name: 'topic', ours: topicTable, theirs: kafka.topic },
  { name: 'group', ours: groupTable, theirs: kafka.group },
  { name: 'client-metrics', ours: clientMetricsTable, theirs: kafka.clientMetrics },
  { name: 'user and client quota', ours: userAndClientQuotaTable, theirs: kafka.quota.userAndClient },
  { name: 'ip quota', ours: ipQuotaTable, theirs: kafka.quota.ip },
];

for (const { name, ours, theirs, more = [] } of tables) {
  test(`the ${name} settings are those of Apache Kafka, with its types, defaults, bounds and scopes`, () => {
    assert.deepEqual(Object.keys(ours).sort(), [...theirs.map((setting) => setting.name), ...more].sort());
    for (const expected of theirs) {
      const setting = ours[expected.name];
      assert.ok(setting, expected.name);
      assert.deepEqual(summary(setting), kafkaSummary(expected), expected.name);
    }
  });
}

test('the replication rates exist as dynamic broker settings only', () => {
  const names = kafka.brokerDynamicOnly.map((setting) => setting.name);
  assert.deepEqual(Object.keys(brokerQuotaTable).sort(), names.toSorted());
  for (const setting of Object.values(brokerQuotaTable)) assert.equal(setting.dynamic, 'cluster-wide');
});

test('every default is a legal value of its own setting', () => {
  for (const { ours } of tables) {
    for (const [name, setting] of Object.entries(ours)) {
      if (setting.default === undefined) continue;
      assert.equal(setting.check?.problem(name, setting.default), undefined, name);
    }
  }
});

function summary(setting: Setting): object {
  return {
    type: setting.type,
    default: setting.kafkaDefault ?? valueText(setting.type, setting.default) ?? '',
    importance: setting.importance,
    valid: setting.check?.text ?? '',
    internal: setting.internal,
    dynamic: setting.dynamic,
  };
}

function kafkaSummary(setting: KafkaSetting): object {
  return {
    type: setting.type.toLowerCase(),
    default: setting.defaultText ?? '',
    importance: setting.importance.toLowerCase(),
    valid: setting.valid ?? '',
    internal: setting.internal,
    dynamic: setting.dynamic ?? 'read-only',
  };
}
