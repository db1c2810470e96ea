/** Starts the brokers that scenarios are played against: in this process, or, where a scenario kills it, in one of its own. Their data is in a temporary folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type BrokerSettings, startBroker } from '../src/index.ts';
import type { Target } from './player.ts';

export interface StartedBroker extends Target {
  stop(): Promise<void>;
}

/** What the recorded broker had besides its defaults, as far as it means anything here. */
const SETTINGS: Readonly<Record<string, string>> = {
  'node.id': '1',
  'replication.factor.strict': 'true',
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'log.initial.task.delay.ms': '3600000',
};
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const START_TIMEOUT_MS = 30_000;

export async function startInProcess(
  overrides: Readonly<Record<string, string>>,
  store: 'disk' | 'memory',
): Promise<StartedBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'ottla-conformance-'));
  // Texts are legal for every setting; the names are checked when the broker starts.
  const settings = { ...SETTINGS, ...overrides } as BrokerSettings;
  const broker = await startBroker(store === 'memory' ? settings : { ...settings, dataDir: join(folder, 'data') });
  const address = addressIn(broker.bootstrapServers);
  return {
    addressOf: onlyPlaintext(() => address),
    restart: undefined,
    async stop() {
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function startProcess(
  overrides: Readonly<Record<string, string>>,
  directories: number,
): Promise<StartedBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'ottla-conformance-'));
  const file = join(folder, 'server.properties');
  const settings = {
    ...SETTINGS,
    ...overrides,
    listeners: 'PLAINTEXT://127.0.0.1:0',
    'log.dirs': Array.from({ length: directories }, (_, index) => join(folder, `data${index + 1}`)).join(','),
  };
  await writeFile(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  let running = await launch(file);
  return {
    addressOf: onlyPlaintext(() => running.address),
    async restart(how) {
      await end(running.process, how === 'kill' ? 'SIGKILL' : 'SIGTERM');
      running = await launch(file);
    },
    async stop() {
      await end(running.process, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A broker that runs somewhere. */
export function brokerAt(bootstrap: string): StartedBroker {
  const address = addressIn(bootstrap);
  return { addressOf: onlyPlaintext(() => address), restart: undefined, stop: async () => {} };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

async function launch(file: string): Promise<{ process: ChildProcess; address: Address }> {
  const child = spawn(process.execPath, [MAIN, '--config', file, '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = Promise.withResolvers<Address>();
  const timer = setTimeout(() => address.reject(new Error('the broker did not start in time')), START_TIMEOUT_MS);
  child.once('exit', (code) => address.reject(new Error(`the broker ended with ${code} while it started`)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const ready = /ready on (\S+:\d+)/.exec(line)?.[1];
    if (ready !== undefined) address.resolve(addressIn(ready));
  });
  try {
    return { process: child, address: await address.promise };
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

function onlyPlaintext(address: () => Address): (listener: string) => Address {
  return (listener) => {
    if (listener !== 'PLAINTEXT') throw new Error(`the broker under test has no listener ${listener}`);
    return address();
  };
}

function addressIn(bootstrap: string): Address {
  const colon = bootstrap.lastIndexOf(':');
  return { host: bootstrap.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(bootstrap.slice(colon + 1)) };
}
