/**
 * `npm run test:package`: what people get. Packs `dist/` as npm would publish it, installs the tarball into an empty folder beside each supported Node, and there
 * starts the broker, produces, consumes, stops, starts it again and finds the record; embeds a broker; and checks the types. Run `npm run build` first.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_VERSIONS = ['26', '24', '22'];
/** A broker that does not start or stop in this time is broken. */
const PATIENCE_MS = 20_000;
const STOP_MS = 5_000;

/** A program of somebody who embeds the broker. */
const EMBEDDING = `
import { startBroker } from 'ottla';
import * as testing from 'ottla/testing';
if (Object.keys(testing).length === 0) throw new Error('ottla/testing has nothing in it');
const broker = await startBroker({ topics: { orders: 1 } });
if (!/:\\d+$/.test(broker.bootstrapServers)) throw new Error(broker.bootstrapServers);
await broker.stop();
console.log('embedded');
`;

const work = mkdtempSync(join(tmpdir(), 'ottla-package-'));
try {
  const packed = run('npm', ['pack', '--json', '--pack-destination', work], { cwd: root });
  const [{ filename, size, entryCount }] = JSON.parse(packed);
  console.log(`${filename}: ${(size / 1024).toFixed(0)} KB, ${entryCount} files`);
  for (const version of NODE_VERSIONS) await tryOn(version, join(work, filename));
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function tryOn(nodeVersion: string, tarball: string): Promise<void> {
  const folder = join(work, `node-${nodeVersion}`);
  mkdirSync(folder);
  // The package `node` fetches its program in a script of its own, which npm asks about.
  const manifest = { name: 'user', private: true, type: 'module', allowScripts: { node: true } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  run('npm', ['install', '--no-audit', '--no-fund', tarball, `node@${nodeVersion}`], { cwd: folder });
  // The folder's own Node comes first, whatever Node runs this script.
  const path = `${join(folder, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`;
  const options = { cwd: folder, env: { ...process.env, PATH: path } };
  const exact = run('node', ['--version'], options).trim();
  if (!exact.startsWith(`v${nodeVersion}.`)) throw new Error(`asked for Node ${nodeVersion}, got ${exact}`);

  let broker = await start(options);
  run('ottla', ['topic', 'create', 'orders', '--bootstrap-server', broker.address], options);
  run('ottla', ['produce', 'orders', '--bootstrap-server', broker.address], {
    ...options,
    input: `hello from ${exact}\n`,
  });
  const firstStartMs = broker.readyMs;
  await stop(broker);
  broker = await start(options);
  const consume = ['consume', 'orders', '--from-beginning', '--count', '1', '--bootstrap-server', broker.address];
  expect(run('ottla', consume, options), `hello from ${exact}`);
  await stop(broker);

  writeFileSync(join(folder, 'embed.js'), EMBEDDING);
  expect(run('node', ['embed.js'], options), 'embedded');
  checkTypes(folder);
  console.log(`node ${exact}: ready ${firstStartMs} ms after the first start, ${broker.readyMs} ms after the second`);
}

function checkTypes(folder: string): void {
  writeFileSync(
    join(folder, 'types.ts'),
    `import { type RunningBroker, startBroker } from 'ottla';
import type * as testing from 'ottla/testing';
export const broker: Promise<RunningBroker> = startBroker({ topics: { orders: { partitions: 3 } }, 'num.partitions': 3 });
// @ts-expect-error a setting that does not exist
export const wrong = startBroker({ 'num.partition': 3 });
export type Testing = typeof testing;
`,
  );
  const compiler = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  // Whoever writes TypeScript for Node has its types.
  const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
  run(join(root, 'node_modules/.bin/tsc'), [...compiler, ...types, 'types.ts'], { cwd: folder });
}

interface Started {
  readonly process: ChildProcess;
  readonly address: string;
  readonly readyMs: number;
}

async function start(options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Started> {
  const startedAt = performance.now();
  const child = spawn('ottla', ['--listen', '127.0.0.1:0', '--data-dir', 'data'], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^Ottla ready on (\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    clearTimeout(impatience);
    return { process: child, address, readyMs: Math.round(performance.now() - startedAt) };
  }
  throw new Error('the broker ended before it was ready');
}

async function stop(broker: Started): Promise<void> {
  const impatience = setTimeout(() => broker.process.kill('SIGKILL'), STOP_MS);
  const ended = once(broker.process, 'exit');
  broker.process.kill('SIGTERM');
  const [code, signal] = await ended;
  clearTimeout(impatience);
  if (code !== 0) throw new Error(`the broker ended with ${code ?? signal} after SIGTERM`);
}

function run(
  command: string,
  parameters: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; input?: string },
): string {
  const done = spawnSync(command, parameters, { ...options, encoding: 'utf8', timeout: 5 * 60_000 });
  if (done.status === 0) return done.stdout;
  const why = done.error?.message ?? `exit code ${done.status ?? done.signal}`;
  throw new Error(`${command} ${parameters.join(' ')}: ${why}\n${done.stdout}${done.stderr}`);
}

function expect(output: string, text: string): void {
  if (!output.includes(text)) throw new Error(`expected "${text}" in:\n${output}`);
}
