/**
 * Where log lines go: nowhere (embedding), or to standard error, as JSON lines for machines and as plain text on a terminal. pino writes them;
 * it is loaded with the first line, since a broker that starts well has nothing to say before it serves. Never writes to standard output.
 */
import type { Logger as Pino } from 'pino';
import type { Logger } from '../base/env.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/** `text` asks for plain lines instead of JSON. */
export function standardErrorLogger(options: { readonly level: LogLevel; readonly text: boolean }): Logger {
  if (options.level === 'silent') return silentLogger;
  return new LazyLogger(new PinoSink(options), {});
}

type Severity = Exclude<LogLevel, 'silent'>;

interface Line {
  readonly severity: Severity;
  readonly fields: object;
  readonly message: string;
}

class LazyLogger implements Logger {
  readonly #sink: PinoSink;
  readonly #bindings: object;

  constructor(sink: PinoSink, bindings: object) {
    this.#sink = sink;
    this.#bindings = bindings;
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
    return new LazyLogger(this.#sink, { ...this.#bindings, ...fields });
  }

  #write(severity: Severity, fields: object, message: string): void {
    if (this.#sink.takes(severity)) {
      this.#sink.write({ severity, fields: { ...this.#bindings, ...fields }, message });
    }
  }
}

/** Lines that come before pino is loaded (some 20 ms) wait here; if the process ends first, they are written as they are. */
class PinoSink {
  readonly #threshold: number;
  readonly #options: { readonly level: LogLevel; readonly text: boolean };
  #early: Line[] = [];
  #pino: Pino | undefined;
  #loading = false;

  constructor(options: { readonly level: LogLevel; readonly text: boolean }) {
    this.#threshold = logLevels.indexOf(options.level);
    this.#options = options;
  }

  takes(severity: Severity): boolean {
    return logLevels.indexOf(severity) >= this.#threshold;
  }

  write(line: Line): void {
    if (this.#pino !== undefined) {
      this.#pino[line.severity](line.fields, line.message);
      return;
    }
    this.#early.push(line);
    if (this.#loading) return;
    this.#loading = true;
    process.once('exit', this.#writeEarly);
    import('pino').then(
      ({ pino, destination }) => {
        const stream = this.#options.text ? { write: writeText } : destination({ fd: 2, sync: true });
        this.#pino = pino({ level: this.#options.level, base: null }, stream);
        process.removeListener('exit', this.#writeEarly);
        this.#writeEarly();
      },
      () => this.#writeEarly(),
    );
  }

  #writeEarly = (): void => {
    const lines = this.#early;
    this.#early = [];
    for (const { severity, fields, message } of lines) {
      if (this.#pino !== undefined) this.#pino[severity](fields, message);
      else process.stderr.write(`${JSON.stringify({ level: severity, ...fields, msg: message })}\n`);
    }
  };
}

const severityOfNumber: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR' };

/** One of pino's JSON lines for a person: time, severity, sentence, and the fields that are left. */
function writeText(line: string): void {
  const { level, time, msg, err, ...fields } = JSON.parse(line);
  const clock = new Date(time).toISOString().slice(11, 23);
  const details = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const stack = err?.stack === undefined ? [] : [`\n  ${err.stack}`];
  process.stderr.write(
    [clock, (severityOfNumber[level] ?? level).padEnd(5), msg, ...details, ...stack, '\n'].join(' '),
  );
}
