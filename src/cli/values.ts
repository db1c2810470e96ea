/** Reads what people type as values of options: numbers, durations, points in time, assignments. Refuses with the option parser's own error. */
import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be 1 or more.');
  return value;
}

/** `500ms`, `90s`, `10m`, `2h`, `7d`, also combined (`1h30m`). */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new InvalidArgumentError('It must be a duration such as 90s, 10m, 2h or 1h30m.');
  }
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0);
}

/** A date (ISO 8601), milliseconds since the epoch, or a duration that is taken off `nowMs`. */
export function pointInTimeMs(text: string, nowMs: number): number {
  if (/^\d{10,}$/.test(text)) return Number(text);
  if (/^\d+(ms|s|m|h|d)/.test(text)) return nowMs - durationMs(text);
  const parsed = Date.parse(text);
  if (Number.isNaN(parsed)) {
    throw new InvalidArgumentError('It must be a date (2026-01-31T12:00:00Z), milliseconds since 1970, or a duration.');
  }
  return parsed;
}

export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** For an option that may be repeated. */
export function assignments(text: string, previous: readonly Assignment[] = []): readonly Assignment[] {
  return [...previous, assignment(text)];
}

export function assignment(text: string): Assignment {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

export function names(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}
