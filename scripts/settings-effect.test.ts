import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brokerTable } from '../src/config/registry.ts';
import { topicTable } from '../src/config/topic.ts';
import { topicSynonyms } from '../src/config/topic-settings.ts';

const sources = join(import.meta.dirname, '../src');

/** What a setting does for others is asked for here, not in the tables. */
const readers = ['config/log-directories.ts'];
/** All of src that may act on a setting: not the tables, not the tests. */
const text = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter(
    (path) =>
      path.endsWith('.ts') && !path.endsWith('.test.ts') && (!path.startsWith('config') || readers.includes(path)),
  )
  .map((path) => readFileSync(join(sources, path), 'utf8'))
  .join('\n');

const readNames = new Set([...text.matchAll(/\bget\(\s*'([a-z.]+)'/g)].map(([, name]) => name));

/** Read by other means than a literal name: through a topic's settings, through a name that is passed on, or only to warn about it. */
const special: ReadonlySet<string> = new Set([
  'durability',
  'listeners',
  'advertised.listeners',
  'authorizer.class.name',
]);

function isReadOfTopic(name: string): boolean {
  const field = name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase());
  return new RegExp(`\\b${field}\\b`).test(text) || readNames.has(name);
}

/** A broker setting that topics fall back to acts through the topic setting. */
const behindTopics = new Map(
  Object.entries(topicTable).flatMap(([name, setting]) =>
    topicSynonyms(name).map((synonym) => [synonym, setting.effect !== undefined] as const),
  ),
);

test('a broker setting is documented to have an effect if and only if something reads it', () => {
  const wrong = Object.entries(brokerTable)
    .filter(([name]) => !special.has(name))
    .filter(
      ([name, setting]) => (setting.effect !== undefined) !== (readNames.has(name) || behindTopics.get(name) === true),
    )
    .map(
      ([name, setting]) =>
        `${name}: ${setting.effect === undefined ? 'read, but' : 'not read, but'} ${setting.effect ?? 'no effect'}`,
    );
  assert.deepEqual(wrong, []);
});

test('a topic setting is documented to have an effect if and only if something reads it', () => {
  const wrong = Object.entries(topicTable)
    .filter(([name]) => name !== 'internal.segment.bytes')
    .filter(([name, setting]) => (setting.effect !== undefined) !== isReadOfTopic(name))
    .map(([name, setting]) => `${name}: ${setting.effect ?? 'no effect'}`);
  assert.deepEqual(wrong, []);
});
