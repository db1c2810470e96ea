/**
 * Compiles a layout into the source of a reader and a writer and evaluates it: straight-line code, every object made
 * with all its fields in one order. Two to ten times as fast as `codec-closures.ts` (`bench/codec.ts`), which must
 * behave the same and serves as its oracle.
 *
 * Only names and numbers of our own schemas get into the source, never bytes of a client (decision 0011).
 */
import { assert } from '../base/assert.ts';
import type { Codec } from './codec-type.ts';
import {
  bytesMin,
  defaultOf,
  type FieldLayout,
  isDefault,
  type PresentField,
  plainFields,
  type StructLayout,
  taggedFields,
  type ValueLayout,
} from './layout.ts';
import { countMethod, readMethod, writeMethod } from './primitive-methods.ts';
import type { Field } from './schema.ts';

/** Throws an `EvalError` where the runtime forbids code from strings. */
export function compileCodec(layout: StructLayout): Codec<unknown, unknown> {
  const source = new Source();
  const read = source.structReader(layout);
  const write = source.structWriter(layout);
  const text = `'use strict';\n${source.functions.join('\n')}\nreturn { read: ${read}, write: ${write} };`;
  const evaluate = new Function('fields', 'isDefault', 'present', text);
  // The text above returns exactly these two functions.
  return evaluate(source.fields, isDefault, presentInVersion) as Codec<unknown, unknown>;
}

class Source {
  readonly functions: string[] = [];
  /** Schema fields that the source refers to by number. */
  readonly fields: Field[] = [];
  #names = 0;

  structReader(layout: StructLayout): string {
    const name = this.#name('read');
    const tagged = taggedFields(layout);
    const lines = layout.fields.map((field, index) =>
      field.value !== undefined && field.tag === undefined
        ? `const v${index} = ${this.#readExpression(field.value)};`
        : `let v${index} = ${defaultSource(field.field)};`,
    );
    if (layout.flexible && tagged.length === 0) lines.push('r.skipTaggedFields();');
    if (tagged.length > 0) lines.push(this.#taggedReader(layout, tagged));
    const entries = layout.fields.map((field, index) => `${identifier(field)}: v${index}`);
    this.functions.push(`function ${name}(r) {\n${lines.join('\n')}\nreturn { ${entries.join(', ')} };\n}`);
    return name;
  }

  structWriter(layout: StructLayout): string {
    const name = this.#name('write');
    const lines = plainFields(layout).map((field) => `{ ${this.#given(field)} ${this.#writeStatement(field.value)} }`);
    const tagged = taggedFields(layout);
    if (layout.flexible && tagged.length === 0) lines.push('w.int8(0);');
    if (tagged.length > 0) lines.push(this.#taggedWriter(tagged));
    this.functions.push(`function ${name}(w, s) {\n${lines.join('\n')}\n}`);
    return name;
  }

  #taggedReader(layout: StructLayout, tagged: readonly PresentField[]): string {
    const cases = tagged.map((field) => {
      const variable = `v${layout.fields.indexOf(field)}`;
      return `case ${field.tag}: ${variable} = ${this.#readExpression(field.value, 'tagged')}; break;`;
    });
    return `for (let n = r.uvarint(); n > 0; n--) {
const tag = r.uvarint();
const end = r.taggedEnd();
switch (tag) {
${cases.join('\n')}
default: r.skipTo(end);
}
r.expectPosition(end);
}`;
  }

  #taggedWriter(tagged: readonly PresentField[]): string {
    const given = tagged.map((field, index) => {
      const value = `s.${identifier(field)}`;
      return `const g${index} = !isDefault(fields[${this.#fieldNumber(field.field)}], ${value});`;
    });
    const count = tagged.map((_, index) => `(g${index} ? 1 : 0)`).join(' + ');
    const writes = tagged.map(
      (field, index) => `if (g${index}) {
const at = w.beginTagged(${field.tag});
const v = s.${identifier(field)};
${this.#writeStatement(field.value, 'tagged')}
w.endTagged(at);
}`,
    );
    return `${given.join('\n')}\nw.uvarint(${count});\n${writes.join('\n')}`;
  }

  #readExpression(layout: ValueLayout, place?: 'tagged'): string {
    if (layout.kind === 'array') return `${this.#arrayReader(layout)}(r)`;
    if (layout.kind !== 'struct') return `r.${readMethod(layout)}()`;
    const read = `${this.structReader(layout)}(r)`;
    if (!layout.nullable) return read;
    return `r.${place === 'tagged' ? 'taggedStructIsPresent' : 'structIsPresent'}() ? ${read} : null`;
  }

  #arrayReader(layout: ValueLayout & { kind: 'array' }): string {
    const name = this.#name('readArray');
    const read = this.#readExpression(layout.element);
    this.functions.push(`function ${name}(r) {
const n = r.${countMethod(layout)}(${bytesMin(layout.element)});
${layout.nullable ? 'if (n < 0) return null;' : ''}
const list = [];
for (let i = 0; i < n; i++) list.push(${read});
return list;
}`);
    return name;
  }

  /** Declares `v`: what the field is given, or its default. */
  #given(field: PresentField): string {
    const name = identifier(field);
    const given = `let v = s.${name}; if (v === undefined) v = ${defaultSource(field.field)};`;
    const refusesNull = field.field.nullable !== undefined && !field.value.nullable;
    return refusesNull ? `${given} present(v, '${name}');` : given;
  }

  #writeStatement(layout: ValueLayout, place?: 'tagged'): string {
    if (layout.kind === 'array') return this.#arrayWriter(layout);
    if (layout.kind !== 'struct') return `w.${writeMethod(layout)}(v);`;
    const write = `${this.structWriter(layout)}(w, v);`;
    if (!layout.nullable) return write;
    const mark = place === 'tagged' ? 'taggedStructIsPresent' : 'structIsPresent';
    return `w.${mark}(v !== null); if (v !== null) ${write}`;
  }

  #arrayWriter(layout: ValueLayout & { kind: 'array' }): string {
    const name = this.#name('writeArray');
    const count = layout.flexible ? 'compactArrayCount' : 'arrayCount';
    this.functions.push(`function ${name}(w, list) {
if (list === null) { w.${count}(-1); return; }
const n = list.length;
w.${count}(n);
for (let i = 0; i < n; i++) { const v = list[i]; ${this.#writeStatement(layout.element)} }
}`);
    return `${name}(w, v);`;
  }

  #fieldNumber(field: Field): number {
    return this.fields.push(field) - 1;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }
}

/** Field names become identifiers of the source. */
function identifier({ name }: FieldLayout): string {
  assert(/^[a-z][A-Za-z0-9]*$/.test(name), 'a field name that is no plain identifier', { name });
  return name;
}

function defaultSource(field: Field): string {
  return sourceOf(defaultOf(field));
}

function sourceOf(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return 'new Uint8Array(0)';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return '[]';
  const entries = Object.entries(value).map(([name, inner]) => `${name}: ${sourceOf(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

function presentInVersion(value: unknown, field: string): void {
  assert(value !== null, 'null in a field that cannot be null in this version', { field });
}
