import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { apis } from './apis.ts';
import { layoutOf } from './layout.ts';
import type { Field, Message, Shape } from './schema.ts';

const folder = new URL('./messages/', import.meta.url);

test('the list has every file of messages/, by ascending key', () => {
  const keys = apis.map((api) => api.key);
  assert.deepEqual(
    keys,
    keys.toSorted((left, right) => left - right),
  );
  assert.equal(new Set(keys).size, readdirSync(folder).length);
});

test('the header of every API has a word for each of its versions', () => {
  for (const { name, versions, unstableVersion } of apis) {
    const described = versionsDescribed(headerOf(name));
    const max = unstableVersion ?? versions.max;
    for (let version = versions.min + 1; version <= max; version++) {
      assert.ok(described.has(version), `${name} v${version}`);
    }
    assert.ok(Math.max(...described) <= max, name);
  }
});

test('every field is one that some version has, tagged only where tags exist, and null by default only where it may be', () => {
  for (const { request, response } of apis) {
    for (const message of [request, response]) {
      const layouts = versionsOf(message).map((version) => layoutOf(message, version));
      for (const [index, [name, field]] of Object.entries(message.shape).entries()) {
        const described = `${message.name}.${name}`;
        assert.ok(
          layouts.some((layout) => layout.fields[index]?.value !== undefined),
          described,
        );
        assert.ok(field.default !== null || field.nullable !== undefined, described);
      }
      for (const layout of layouts) {
        const tagged = layout.fields.filter((field) => field.value !== undefined && field.tag !== undefined);
        assert.ok(tagged.length === 0 || layout.flexible, message.name);
      }
    }
  }
});

test('records are never inside a tagged field, because tagged fields are written in one piece', () => {
  const insideTag = apis
    .flatMap((api) => [api.request, api.response])
    .flatMap((message) => taggedTypes(message.shape, false));
  assert.ok(insideTag.length > 20);
  assert.ok(!insideTag.includes('records'));
});

function headerOf(name: string): string {
  const file = name.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  const text = readFileSync(new URL(`${file}.ts`, folder), 'utf8');
  return text.slice(0, text.indexOf('*/'));
}

function versionsDescribed(header: string): Set<number> {
  return new Set(Array.from(header.matchAll(/\bv(\d+)(?=[:,])/g), (match) => Number(match[1])));
}

function versionsOf({ versions }: Message): number[] {
  return Array.from({ length: versions.max - versions.min + 1 }, (_, index) => versions.min + index);
}

function taggedTypes(shape: Shape, inside: boolean): Field['type'][] {
  return Object.values(shape).flatMap((field) => {
    const tagged = inside || field.tag !== undefined;
    const inner = field.element === undefined ? [] : taggedTypes({ element: field.element }, tagged);
    return [...(tagged ? [field.type] : []), ...inner, ...taggedTypes(field.shape ?? {}, tagged)];
  });
}
