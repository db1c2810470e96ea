/**
 * Compares an answer with the recorded one. Matchers: `<any>`, `<int>`, `<timestamp>`, `<uuid>`, `<string> …`. Arrays of objects match in any order, except
 * `records`; arrays of plain values match in order; a step may say otherwise for a path.
 */
import type { Json } from '../src/protocol/json.ts';
import { fieldOf, isArray, matchesPattern } from './pointer.ts';
import type { Variables } from './variables.ts';

export interface Orders {
  /** Paths of arrays whose order counts, or does not. Segments may be `*`. */
  readonly ordered: readonly string[];
  readonly unordered: readonly string[];
}

/** Both sides are JSON; `expected` still has its variables. Answers one sentence per difference. */
export function differencesBetween(expected: Json, actual: Json, variables: Variables, orders: Orders): string[] {
  const found: string[] = [];
  new Comparison(variables, orders, found).compare(expected, actual, '');
  return found;
}

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';
/** Matches only times of these days. */
const TIMESTAMP_MIN = 1_500_000_000_000;
const BRIEF_CHARACTERS = 300;

class Comparison {
  readonly #variables: Variables;
  readonly #orders: Orders;
  readonly #found: string[];

  constructor(variables: Variables, orders: Orders, found: string[]) {
    this.#variables = variables;
    this.#orders = orders;
    this.#found = found;
  }

  compare(expected: Json, actual: Json, path: string): void {
    if (typeof expected === 'string') {
      if (!this.#matchesText(expected, actual)) this.#report(path, expected, actual);
    } else if (expected === null || typeof expected !== 'object') {
      if (!isSame(expected, actual)) this.#report(path, expected, actual);
    } else if (isArray(expected)) {
      if (isArray(actual)) this.#compareArrays(expected, actual, path);
      else this.#report(path, expected, actual);
    } else if (actual === null || typeof actual !== 'object' || isArray(actual)) {
      this.#report(path, expected, actual);
    } else {
      this.#compareObjects(expected, actual, path);
    }
  }

  #compareObjects(expected: Json & object, actual: Json & object, path: string): void {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const wanted = fieldOf(expected, name);
      const found = fieldOf(actual, name);
      if (wanted === undefined) this.#found.push(`${path}/${name}: not expected, got ${brief(found ?? null)}`);
      else if (found === undefined) this.#found.push(`${path}/${name}: expected ${brief(wanted)}, is missing`);
      else this.compare(wanted, found, `${path}/${name}`);
    }
  }

  #compareArrays(expected: readonly Json[], actual: readonly Json[], path: string): void {
    if (expected.length !== actual.length) {
      const counts = `expected ${expected.length} elements ${brief(expected)}, got ${actual.length} ${brief(actual)}`;
      this.#found.push(`${path}: ${counts}`);
      return;
    }
    const left = new Set(actual.keys());
    const inOrder = this.#orderCounts(expected, path);
    expected.forEach((element, index) => {
      const partner = inOrder ? index : this.#partnerOf(element, index, actual, left, `${path}/${index}`);
      left.delete(partner);
      this.compare(element, actual[partner] ?? null, `${path}/${index}`);
    });
  }

  #orderCounts(expected: readonly Json[], path: string): boolean {
    if (this.#orders.unordered.some((pattern) => matchesPattern(pattern, path))) return false;
    if (this.#orders.ordered.some((pattern) => matchesPattern(pattern, path))) return true;
    const [first] = expected;
    return (
      first === undefined || first === null || typeof first !== 'object' || isArray(first) || path.endsWith('/records')
    );
  }

  /** The element at the same place if it matches, else another one that does, else the one that is nearest, for a readable report. */
  #partnerOf(expected: Json, index: number, actual: readonly Json[], left: ReadonlySet<number>, path: string): number {
    const order = left.has(index) ? [index, ...left] : [...left];
    let nearest = index;
    let fewest = Number.POSITIVE_INFINITY;
    for (const candidate of order) {
      const found: string[] = [];
      new Comparison(this.#variables, this.#orders, found).compare(expected, actual[candidate] ?? null, path);
      if (found.length === 0) return candidate;
      if (found.length < fewest) {
        fewest = found.length;
        nearest = candidate;
      }
    }
    return nearest;
  }

  #matchesText(expected: string, actual: Json): boolean {
    if (expected === '<any>') return true;
    if (expected === '<int>') return Number.isInteger(actual);
    if (expected === '<timestamp>') return typeof actual === 'number' && actual > TIMESTAMP_MIN;
    if (expected === '<uuid>') return typeof actual === 'string' && /^[\w-]{22}$/.test(actual) && actual !== ZERO_UUID;
    if (expected.startsWith('<string>')) return typeof actual === 'string';
    return isSame(this.#variables.fillText(expected), actual);
  }

  #report(path: string, expected: Json, actual: Json): void {
    this.#found.push(`${path}: expected ${brief(expected)}, got ${brief(actual)}`);
  }
}

/** Numbers beyond 2^53 are saturated in what we decode. */
function isSame(expected: Json, actual: Json): boolean {
  if (typeof expected === 'number' && typeof actual === 'number') {
    return expected === actual || (Math.abs(expected) > Number.MAX_SAFE_INTEGER && saturated(expected) === actual);
  }
  return expected === actual;
}

function saturated(value: number): number {
  return value > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}

export function brief(json: Json): string {
  const text = JSON.stringify(json);
  return text.length > BRIEF_CHARACTERS ? `${text.slice(0, BRIEF_CHARACTERS)}…` : text;
}
