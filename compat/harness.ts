/**
 * Runs one client's checklist against a real Ottla process: starts the broker on a free port over a fresh data directory, starts the client's
 * program, kills and restarts the broker when the program asks for it, and closes with the counts. It knows nothing of any client.
 *
 *   node compat/harness.ts NAME COMMAND [ARG ...]
 *
 * The program finds the broker in OTTLA_BOOTSTRAP and speaks in lines on standard output:
 *   ok NAME · not ok NAME: REASON · skip NAME: REASON   one check each
 *   @kill                                               kill -9 and start again; answered by "restarted" on its standard input
 *   @restart                                            the same with SIGTERM
 * Everything else is passed on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A checklist that takes longer hangs. */
const checklistTimeoutMs = 8 * 60_000;
const readyTimeoutMs = 20_000;
const brokerCommand = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

class BrokerProcess {
  readonly bootstrap: string;
  readonly #dataDir: string;
  #child: ChildProcess | undefined;

  private constructor(bootstrap: string, dataDir: string) {
    this.bootstrap = bootstrap;
    this.#dataDir = dataDir;
  }

  static async start(): Promise<BrokerProcess> {
    const dataDir = await mkdtemp(join(tmpdir(), 'ottla-compat-'));
    const broker = new BrokerProcess(`127.0.0.1:${await freePort()}`, dataDir);
    await broker.#spawn();
    return broker;
  }

  async restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.#end(signal);
    await this.#spawn();
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #spawn(): Promise<void> {
    const child = spawn(
      process.execPath,
      [brokerCommand, '--listen', this.bootstrap, '--data-dir', this.#dataDir],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#child = child;
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return;
      console.error(`the broker ended by itself: code ${code}, signal ${signal}`);
      process.exit(1);
    });
    const timeout = setTimeout(() => child.kill('SIGKILL'), readyTimeoutMs);
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('Ottla ready')) break;
    }
    clearTimeout(timeout);
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the broker did not become ready');
    child.stdout.resume();
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
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

async function main(): Promise<number> {
  const [name, command, ...args] = process.argv.slice(2);
  if (name === undefined || command === undefined) {
    console.error('usage: harness.ts NAME COMMAND [ARG ...]');
    return 2;
  }
  const broker = await BrokerProcess.start();
  const client = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OTTLA_BOOTSTRAP: broker.bootstrap },
  });
  client.stdin.on('error', (error) => console.error(`${name}: the client stopped reading: ${error.message}`));
  const exited = once(client, 'exit');
  const timeout = setTimeout(() => {
    console.log(`not ok ${name}: not done after ${checklistTimeoutMs} ms`);
    client.kill('SIGKILL');
  }, checklistTimeoutMs);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const line of createInterface({ input: client.stdout })) {
    if (line === '@kill' || line === '@restart') {
      await broker.restart(line === '@kill' ? 'SIGKILL' : 'SIGTERM');
      client.stdin.write('restarted\n');
      continue;
    }
    console.log(`${name}: ${line}`);
    if (line.startsWith('ok ')) counts.passed += 1;
    else if (line.startsWith('not ok ')) counts.failed += 1;
    else if (line.startsWith('skip ')) counts.skipped += 1;
  }
  const [code, signal] = await exited;
  clearTimeout(timeout);
  await broker.stop();
  if (code !== 0 && counts.failed === 0) {
    console.log(`${name}: not ok the program ended with code ${code}, signal ${signal}`);
    counts.failed += 1;
  }
  console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

process.exitCode = await main();
