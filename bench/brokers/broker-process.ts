/** A broker that runs as a process of its own, over a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface BrokerProcess {
  readonly address: string;
  readonly pid: number;
  /** From starting the process until it said that it serves. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/** What a benchmark needs to know to run against a kind of broker. */
export interface BrokerKind {
  readonly name: string;
  /** Settings of a topic whose acknowledgements wait for the disk, and of one whose do not. */
  readonly durableTopic: Readonly<Record<string, string>>;
  readonly start: (options: { dataDir: string; durable: boolean }) => Promise<BrokerProcess>;
}

/** Starts `command` and waits for a line of its output that matches. */
export async function startProcess(options: {
  command: readonly string[];
  ready: RegExp;
  address: (match: RegExpExecArray) => string;
}): Promise<BrokerProcess> {
  const [program = '', ...parameters] = options.command;
  const startedAt = performance.now();
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const match = await lineOf(child, options.ready);
  const readyMs = performance.now() - startedAt;
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} has no process id`);
  return {
    address: options.address(match),
    pid,
    readyMs,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function lineOf(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let output = '';
    const look = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
      const match = pattern.exec(output);
      if (match !== null) resolve(match);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code} before it was ready:\n${output}`)));
  });
}
