/**
 * Writes docs/settings.md from the tables in src/config, so that what is documented is what is read. `npm run docs:settings` writes the file; a test
 * compares it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { clientMetricsTable } from '../src/config/client-metrics.ts';
import { groupTable } from '../src/config/group.ts';
import { brokerQuotaTable, ipQuotaTable, userAndClientQuotaTable } from '../src/config/quota.ts';
import { brokerTable } from '../src/config/registry.ts';
import type { Setting, SettingTable } from '../src/config/setting.ts';
import { topicTable } from '../src/config/topic.ts';
import { valueText } from '../src/config/value.ts';

const file = new URL('../docs/settings.md', import.meta.url);

export function settingsDocument(): string {
  return [
    '# Settings',
    '',
    'Generated from `src/config` by `npm run docs:settings`; do not edit.',
    '',
    'Ottla knows every setting of Apache Kafka 4.3.1 by name, type, default and bounds. Those below do what they say. The others, at the end, are accepted so that',
    'existing files, tools and clients work, and do nothing. Unknown names are refused where Apache Kafka refuses them, and in a flag of `ottla` always.',
    '',
    'A broker setting is given as a flag (`--set name=value`), as an environment variable (`KAFKA_NUM_PARTITIONS=3`: upper case, `_` for a dot, `__` for an underscore,',
    '`___` for a hyphen), or in a properties file (`--config FILE`); a flag wins over the environment, the environment over the file. *Changeable* ones can be changed while the',
    'broker runs, for the whole cluster or for one broker (`ottla config set`), and stay changed over a restart.',
    '',
    ...effective('Broker', { ...brokerTable, ...brokerQuotaTable }),
    ...effective('Topic', topicTable),
    ...effective('Group', groupTable),
    "## Where Ottla's default differs from Apache Kafka's",
    '',
    '| setting | Ottla | Apache Kafka |',
    '|---|---|---|',
    ...rows(brokerTable)
      .filter(([, setting]) => setting.kafkaDefault !== undefined)
      .map(
        ([name, setting]) => `| \`${name}\` | ${code(defaultText(setting))} | ${code(setting.kafkaDefault ?? '')} |`,
      ),
    '',
    '## Accepted without effect',
    '',
    ...withoutEffect('Broker', { ...brokerTable, ...brokerQuotaTable }),
    ...withoutEffect('Topic', topicTable),
    ...withoutEffect('Group', groupTable),
    ...withoutEffect('Client metrics', clientMetricsTable),
    ...withoutEffect('Quotas', { ...userAndClientQuotaTable, ...ipQuotaTable }),
  ].join('\n');
}

function effective(title: string, table: SettingTable): string[] {
  const found = rows(table).filter(([, setting]) => setting.effect !== undefined);
  if (found.length === 0) return [];
  return [
    `## ${title}`,
    '',
    '| setting | type | default | valid | changeable | what it does |',
    '|---|---|---|---|---|---|',
    ...found.map(([name, setting]) => {
      const cells = [`\`${name}\``, setting.type, code(defaultText(setting)), code(setting.check?.text ?? '')];
      return `| ${[...cells, scope(title, setting), setting.effect].join(' | ')} |`;
    }),
    '',
  ];
}

function withoutEffect(title: string, table: SettingTable): string[] {
  const names = rows(table)
    .filter(([, setting]) => setting.effect === undefined)
    .map(([name]) => `\`${name}\``);
  return names.length === 0 ? [] : [`${title}: ${names.join(', ')}.`, ''];
}

function rows(table: SettingTable): readonly (readonly [string, Setting])[] {
  return Object.entries(table).toSorted(([left], [right]) => (left < right ? -1 : 1));
}

/** What Apache Kafka lets change for one broker alone (listeners and their security) is only read at the start here. */
function scope(title: string, setting: Setting): string {
  return title !== 'Broker' || setting.dynamic === 'cluster-wide' ? 'yes' : '';
}

function defaultText(setting: Setting): string {
  return valueText(setting.type, setting.default) ?? '';
}

function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}

export function writtenDocument(): string {
  return readFileSync(file, 'utf8');
}

if (process.argv[1] === import.meta.filename) writeFileSync(file, settingsDocument());
