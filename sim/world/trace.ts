/** What happened in a simulated world, one line an event: when, who, what. The same seed writes the same lines. */
import { inspect } from 'node:util';
import type { Clock, Logger } from '../../src/base/env.ts';

export class Trace {
  readonly lines: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(actor: string, event: string): void {
    const seconds = (this.#clock.monotonicMs() / 1_000).toFixed(4).padStart(9);
    this.lines.push(`${seconds} ${actor.padEnd(12)} ${event}`);
  }

  /** The broker's own lines, as another actor. */
  logger(): Logger {
    const logger: Logger = {
      debug: () => {},
      info: (fields, message) => this.add('log', `${message} ${summary(fields)}`),
      warn: (fields, message) => this.add('log', `WARN ${message} ${summary(fields)}`),
      error: (fields, message) => this.add('log', `ERROR ${message} ${summary(fields)}`),
      child: () => logger,
    };
    return logger;
  }
}

/** On one line, and without the stacks of errors. */
function summary(fields: object): string {
  const shown = Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? String(value) : value]);
  return inspect(Object.fromEntries(shown), { breakLength: Infinity, compact: true, depth: 3 });
}
