/** JSON pointers as scenarios use them: a segment may be `field=value`, the first element with it; in patterns it may be `*`. */
import type { Json } from '../src/protocol/json.ts';

/** Undefined: there is nothing at the pointer. */
export function valueAt(json: Json, pointer: string): Json | undefined {
  let value: Json | undefined = json;
  for (const segment of segmentsOf(pointer)) {
    if (value === undefined || value === null || typeof value !== 'object') return undefined;
    value = childOf(value, segment);
  }
  return value;
}

function childOf(value: Json, segment: string): Json | undefined {
  if (isArray(value)) {
    const equals = segment.indexOf('=');
    if (equals < 0) return value[Number(segment)];
    const field = segment.slice(0, equals);
    return value.find((element) => String(fieldOf(element, field)) === segment.slice(equals + 1));
  }
  return fieldOf(value, segment);
}

/** A copy of `json` with `replacement` at the pointer; undefined takes the field or element out. The parent must be there. */
export function withValueAt(json: Json, pointer: string, replacement: Json | undefined): Json {
  const [segment, ...rest] = segmentsOf(pointer);
  if (segment === undefined) {
    if (replacement === undefined) throw new Error('the whole cannot be taken out');
    return replacement;
  }
  const below = (child: Json | undefined): Json | undefined => {
    if (rest.length === 0) return replacement;
    if (child === undefined) throw new Error(`nothing is at ${segment}`);
    return withValueAt(child, `/${rest.join('/')}`, replacement);
  };
  if (isArray(json)) {
    const index = Number(segment);
    if (index >= json.length) throw new Error(`there is no element ${segment}`);
    return json.flatMap((element, at) => {
      if (at !== index) return [element];
      const changed = below(element);
      return changed === undefined ? [] : [changed];
    });
  }
  if (json === null || typeof json !== 'object') throw new Error(`${segment} is below a plain value`);
  const changed = below(fieldOf(json, segment));
  return Object.fromEntries(
    [...Object.entries(json).filter(([name]) => name !== segment), [segment, changed] as const].filter(
      (entry): entry is [string, Json] => entry[1] !== undefined,
    ),
  );
}

/** A copy in which the arrays that `pattern` names keep only the elements that `isKept` keeps. */
export function filteredAt(json: Json, pattern: string, isKept: (element: Json) => boolean): Json {
  return filtered(json, segmentsOf(pattern), isKept);
}

function filtered(json: Json, segments: readonly string[], isKept: (element: Json) => boolean): Json {
  const [segment, ...rest] = segments;
  if (segment === undefined) return isArray(json) ? json.filter(isKept) : json;
  if (isArray(json)) {
    return json.map((element, index) =>
      segment === '*' || segment === String(index) ? filtered(element, rest, isKept) : element,
    );
  }
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      segment === '*' || segment === name ? filtered(value, rest, isKept) : value,
    ]),
  );
}

export function matchesPattern(pattern: string, pointer: string): boolean {
  const wanted = segmentsOf(pattern);
  const found = segmentsOf(pointer);
  return (
    wanted.length === found.length && wanted.every((segment, index) => segment === '*' || segment === found[index])
  );
}

export function fieldOf(value: Json, name: string): Json | undefined {
  if (value === null || typeof value !== 'object' || isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** `Array.isArray` does not narrow readonly arrays. */
export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function segmentsOf(pointer: string): string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/');
}
