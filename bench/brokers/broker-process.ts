/** A broker that runs as a process of its own, over a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface BrokerProcess {
  readonly address: string;
  readonly pid: number;
  /** Where the directories of the partitions are. */
  readonly logDir: string;
  /** From starting the process until it served. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/** What a benchmark needs to know to run against a kind of broker. */
export interface BrokerKind {
  readonly name: string;
  /** Settings of a topic whose acknowledgements wait for the disk. */
  readonly durableTopic: Readonly<Record<string, string>>;
  readonly start: (options: StartOptions) => Promise<BrokerProcess>;
}

export interface StartOptions {
  readonly dataDir: string;
  readonly durable: boolean;
  /** Of the broker, besides those of its kind. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What a process has written so far, to look for a line that says it is ready, or for what went wrong. */
export interface Output {
  text: string;
}

/** Starts `command`; `ready` resolves with the address once the broker serves. */
export async function startProcess(
  { command, logDir }: { command: readonly string[]; logDir: string },
  ready: (output: Output) => Promise<string | undefined>,
): Promise<BrokerProcess> {
  const [program = '', ...parameters] = command;
  const startedAt = performance.now();
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = follow(child);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  let address: string | undefined;
  while (address === undefined) {
    if (child.exitCode !== null) throw new Error(`${program} ended before it was ready:\n${output.text}`);
    address = await ready(output);
  }
  return {
    address,
    pid,
    logDir,
    readyMs: performance.now() - startedAt,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function follow(child: ChildProcess): Output {
  const output: Output = { text: '' };
  const append = (chunk: Buffer) => {
    output.text = (output.text + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  return output;
}

export function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}
