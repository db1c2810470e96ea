/** A durable Ottla in a process of its own, over a fresh data directory, that tests can kill and start again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const readyTimeoutMs = 20_000;
const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

interface BrokerProcessOptions {
  readonly settings: readonly string[];
  readonly directories: readonly string[];
}

export class BrokerProcess implements AsyncDisposable {
  /** `HOST:PORT`, the same after a restart. */
  readonly bootstrap: string;
  readonly dataDir: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(bootstrap: string, dataDir: string, options: BrokerProcessOptions) {
    this.bootstrap = bootstrap;
    this.dataDir = dataDir;
    const flags = options.settings.flatMap((setting) => ['--set', setting]);
    const dataDirs = options.directories.map((name) => join(dataDir, name)).join(',');
    this.#arguments = [program, '--listen', bootstrap, '--data-dir', dataDirs, '--log-level', 'warn', ...flags];
  }

  /** `settings` are `name=value`; `directories` are made below `dataDir`, which is the only one otherwise. */
  static async start(settings: readonly string[] = [], directories: readonly string[] = ['']): Promise<BrokerProcess> {
    const dataDir = await mkdtemp(join(tmpdir(), 'ottla-test-'));
    const broker = new BrokerProcess(`127.0.0.1:${await freePort()}`, dataDir, { settings, directories });
    await broker.#spawn();
    return broker;
  }

  /** Of the running process. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the broker does not run');
    return pid;
  }

  async restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.#end(signal);
    await this.#spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #spawn(): Promise<void> {
    const child = spawn(process.execPath, this.#arguments, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timeout = setTimeout(() => child.kill('SIGKILL'), readyTimeoutMs);
    let isReady = false;
    for await (const line of createInterface({ input: child.stdout })) {
      isReady = line.startsWith('Ottla ready');
      if (isReady) break;
    }
    clearTimeout(timeout);
    if (!isReady) throw new Error('the broker did not become ready');
    child.stdout.resume();
    this.#child = child;
    child.on('exit', (code, signal) => {
      if (this.#child === child) console.error(`the broker ended by itself: code ${code}, signal ${signal}`);
    });
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address and a port');
  server.close();
  await once(server, 'close');
  return address.port;
}
