/**
 * Where log lines go: nowhere (embedding), or to standard error, as JSON lines for machines and as plain text on a terminal. pino writes them; it
 * is loaded with the first line, which takes 25 ms that a start without complaints need not spend. Never writes to standard output.
 */
import { createRequire } from 'node:module';
import type { Logger as Pino } from 'pino';
import type { Logger } from '../base/env.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
type Severity = Exclude<LogLevel, 'silent'>;

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Plain lines instead of JSON. */
  readonly text: boolean;
}

export function standardErrorLogger(options: LoggerOptions): Logger {
  if (options.level === 'silent') return silentLogger;
  let pino: Pino | undefined;
  return new LazyLogger(options.level, {}, () => {
    pino ??= tryToLoadPino(options);
    return pino;
  });
}

/** Passes lines on to pino, and does not load it for lines that are below the level. */
class LazyLogger implements Logger {
  readonly #level: LogLevel;
  readonly #bindings: object;
  readonly #pino: () => Pino | undefined;

  constructor(level: LogLevel, bindings: object, pino: () => Pino | undefined) {
    this.#level = level;
    this.#bindings = bindings;
    this.#pino = pino;
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }

  child(fields: object): Logger {
    return new LazyLogger(this.#level, { ...this.#bindings, ...fields }, this.#pino);
  }

  #write(severity: Severity, fields: object, message: string): void {
    if (logLevels.indexOf(severity) < logLevels.indexOf(this.#level)) return;
    const pino = this.#pino();
    if (pino === undefined) writeBare(severity, message, fields);
    else pino[severity]({ ...this.#bindings, ...fields }, message);
  }
}

/** Undefined when it cannot be loaded now: the first line may be about files that cannot be opened, and must not end the process. */
function tryToLoadPino(options: LoggerOptions): Pino | undefined {
  try {
    return loadPino(options);
  } catch {
    return undefined;
  }
}

/** A line without the library. */
function writeBare(severity: Severity, msg: string, fields: object): void {
  const cause = 'err' in fields ? { err: String(fields.err) } : {};
  process.stderr.write(`${JSON.stringify({ level: severityNumbers[severity], time: Date.now(), msg, ...cause })}\n`);
}

const severityNumbers: Readonly<Record<Severity, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/** At once, so that no line waits, or is lost when the process ends. */
function loadPino({ level, text }: LoggerOptions): Pino {
  const { pino }: typeof import('pino') = createRequire(import.meta.url)('pino');
  const stream = text ? { write: writeText } : pino.destination({ fd: 2, sync: true });
  return pino({ level, base: null }, stream);
}

const severityNames: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR' };

/** One of pino's JSON lines for a person: time, severity, sentence, and the fields that are left. */
function writeText(line: string): void {
  const { level, time, msg, err, ...fields } = JSON.parse(line);
  const clock = new Date(time).toISOString().slice(11, 23);
  const details = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const stack = err?.stack === undefined ? [] : [`\n  ${err.stack}`];
  process.stderr.write(`${[clock, severityNames[level]?.padEnd(5), msg, ...details, ...stack].join(' ')}\n`);
}
