/**
 * The process as the command line sees it: arguments, environment, the three streams, files that people name, interruption, the exit code. Handed to
 * every command, so that tests run commands without a process. Knows no Kafka.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';

export interface Shell {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether a person sees what is written to standard error. */
  readonly errorIsTerminal: boolean;
  /** Whether a person types what is read from standard input. */
  readonly inIsTerminal: boolean;
  /** Resolves when more may be written. Rejects never: a reader that went away ends the process quietly. */
  out(text: string | Uint8Array): Promise<void>;
  error(text: string): void;
  /** Lines of standard input, or of the file; without their ends. */
  lines(file: string | undefined): AsyncIterable<string>;
  readText(file: string): Promise<string>;
  /** Aborted by SIGINT and SIGTERM. Asking for it takes the signals over from the default action. */
  interruption(): AbortSignal;
  now(): number;
  /** Milliseconds since the process began. */
  sinceStartMs(): number;
  /** The program has started, and goes on as a server. */
  serving(): void;
  /** Ends the process. */
  exitNow(code: number): never;
  /** Calls back after a while, unless what it returns is called before. Until then it keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void;
  /** Resolves after a while, which keeps the process alive. */
  wait(delayMs: number): Promise<void>;
  /** What a person types to run this program again. */
  readonly commandName: string;
}

export function processShell(): Shell {
  let interruption: AbortSignal | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    arguments: process.argv.slice(2),
    environment: process.env,
    errorIsTerminal: process.stderr.isTTY === true,
    inIsTerminal: process.stdin.isTTY === true,
    out: (text) =>
      new Promise((resolve) => {
        if (process.stdout.write(text)) resolve();
        else process.stdout.once('drain', resolve);
      }),
    error: (text) => void process.stderr.write(text),
    lines: (file) =>
      createInterface({ input: file === undefined ? process.stdin : createReadStream(file), crlfDelay: Infinity }),
    readText: (file) => readFile(file, 'utf8'),
    interruption: () => {
      interruption ??= signalInterruption();
      return interruption;
    },
    now: () => Date.now(),
    sinceStartMs: () => performance.now(),
    serving,
    exitNow: (code) => process.exit(code),
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    commandName: process.argv[1]?.endsWith('.ts') === true ? 'npm start --' : 'npx ottla',
  };
}

/**
 * Keeps V8 from learning in a slow moment that what requests are made of lives long (decision 0027). Not at the start, and the cache before it: code that was compiled
 * under other flags is not taken from a cache.
 */
function serving(): void {
  flushCompileCache();
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** The first signal asks to stop; the second one stops at once, as if nobody had listened. */
function signalInterruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
