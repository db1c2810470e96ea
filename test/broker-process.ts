/** A durable Ottla in a process of its own, over a fresh data directory, that tests can kill and start again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { within } from './clients/eventually.ts';

const readyTimeoutMs = 20_000;
/** A clean stop takes a second at most, on a machine that has nothing else to do. */
const STOP_MS_MAX = 20_000;
const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

export interface BrokerProcessOptions {
  /** Data directories, made below `dataDir`; `dataDir` itself is the only one otherwise. */
  readonly directories?: readonly string[];
  /** Puts `dataDir` on a volume of this size, which only the broker sees and which goes with its process (`unshare`, Linux). */
  readonly volumeMb?: number;
  /** Serves what is there, and removes it in the end; default: a new directory. */
  readonly dataDir?: string;
  /** From which on lines of the broker's log are shown; `warn` otherwise. */
  readonly logLevel?: 'error';
  /** Made for the data directory, which exists and is empty. */
  readonly environment?: (dataDir: string) => Readonly<Record<string, string>>;
}

/** How a broker that was killed comes back. */
export interface Comeback {
  /** Starts that are killed as well, each after so long. */
  readonly killedAfterMs: readonly number[];
  /** Called each time it is dead. */
  readonly whileDead: () => Promise<void>;
}

export class BrokerProcess implements AsyncDisposable {
  /** `HOST:PORT`, the same after a restart. */
  readonly bootstrap: string;
  readonly dataDir: string;
  readonly #command: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  private constructor(
    bootstrap: string,
    dataDir: string,
    { settings, ...options }: BrokerProcessOptions & { readonly settings: readonly string[] },
  ) {
    this.bootstrap = bootstrap;
    this.dataDir = dataDir;
    const { directories = [''], volumeMb, environment, logLevel = 'warn' } = options;
    this.#environment = environment?.(dataDir) ?? {};
    const flags = settings.flatMap((setting) => ['--set', setting]);
    const dataDirs = directories.map((name) => join(dataDir, name)).join(',');
    const broker = [process.execPath, program, '--listen', bootstrap, '--data-dir', dataDirs, '--log-level', logLevel];
    this.#command = [...(volumeMb === undefined ? [] : onVolume(dataDir, volumeMb)), ...broker, ...flags];
  }

  /** `settings` are `name=value`. */
  static async start(settings: readonly string[] = [], options: BrokerProcessOptions = {}): Promise<BrokerProcess> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'ottla-test-')));
    const broker = new BrokerProcess(`127.0.0.1:${await freePort()}`, dataDir, { settings, ...options });
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

  /** Dies as a process can at any moment, also while it starts again. */
  async crash({ killedAfterMs, whileDead }: Comeback): Promise<void> {
    await this.#end('SIGKILL');
    await whileDead();
    for (const delayMs of killedAfterMs) {
      const child = this.#launch();
      const exited = once(child, 'exit');
      await sleep(delayMs);
      child.kill('SIGKILL');
      await exited;
      await whileDead();
    }
    await this.#spawn();
  }

  /** A clean stop. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** For good. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.dataDir, { recursive: true, force: true });
    }
  }

  #launch() {
    const [file = '', ...args] = this.#command;
    const env = { ...process.env, ...this.#environment };
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    // A broker that outlives a test process keeps its output open, and with it whoever reads that to its end.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    return child;
  }

  async #spawn(): Promise<void> {
    const child = this.#launch();
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
    try {
      await within(`the broker ends at ${signal}`, exited, STOP_MS_MAX);
    } catch (error) {
      child.kill('SIGKILL');
      await exited;
      throw error;
    }
  }
}

/** What to put before a command so that it runs with a small file system at `directory`, as the same process. */
function onVolume(directory: string, sizeMb: number): readonly string[] {
  const script = `mount -t tmpfs -o size=${sizeMb}m tmpfs "$0" && exec "$@"`;
  return ['unshare', '-Urm', 'sh', '-c', script, directory];
}

/** Whether this machine lets us do so. */
export function canMountVolumes(): boolean {
  return spawnSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /tmp']).status === 0;
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
