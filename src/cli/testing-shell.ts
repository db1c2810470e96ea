/** A shell for tests: arguments and input are given, output and exit code are kept. Time stands still unless moved. */
import { readFile } from 'node:fs/promises';
import type { Shell } from '../platform/shell.ts';

export interface TestShell extends Shell {
  readonly output: () => string;
  readonly errors: () => string;
  readonly interrupt: () => void;
}

export interface TestShellOptions {
  readonly input?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly errorIsTerminal?: boolean;
}

export function testShell(args: readonly string[], options: TestShellOptions = {}): TestShell {
  const out: Buffer[] = [];
  const errors: string[] = [];
  const interruption = new AbortController();
  return {
    arguments: args,
    environment: options.environment ?? {},
    errorIsTerminal: options.errorIsTerminal ?? false,
    inIsTerminal: false,
    out: async (text) => void out.push(Buffer.from(text)),
    error: (text) => void errors.push(text),
    lines: async function* (file) {
      yield* file === undefined ? (options.input ?? []) : (await readFile(file, 'utf8')).trimEnd().split('\n');
    },
    readText: (file) => readFile(file, 'utf8'),
    interruption: () => interruption.signal,
    now: () => Date.now(),
    sinceStartMs: () => performance.now(),
    serving: () => {},
    exitNow: (code) => {
      throw new Error(`the process would end with ${code}`);
    },
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    commandName: 'ottla',
    output: () => Buffer.concat(out).toString(),
    errors: () => errors.join(''),
    interrupt: () => interruption.abort(),
  };
}
