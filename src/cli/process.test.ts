import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ExitCode } from './exit-code.ts';

const program = join(import.meta.dirname, 'main.ts');

let directory: string;
const running = new Set<ChildProcess>();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ottla-process-'));
});

after(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs `ottla` with these arguments; `ready` has its first line, `ended` everything. */
function ottla(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended: Promise<Ended> = once(child, 'close').then(([code]) => {
    running.delete(child);
    return { code, output, errors };
  });
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('\n')) resolve(output);
    });
    ended.then(() => reject(new Error(`ended before it was ready:\n${errors}`)), reject);
  });
  // Who only wants the end does not wait for this.
  ready.catch(() => {});
  return { child, ready, ended };
}

function portOf(line: string): string {
  return /ready on 127\.0\.0\.1:(\d+) /.exec(line)?.[1] ?? '';
}

test('a broker says on standard output where it is, and nothing else, and stops cleanly when asked to', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, ready, ended } = ottla(['--listen', '127.0.0.1:0', '--data-dir', 'stopped']);
    await ready;
    const askedMs = performance.now();
    child.kill(signal);
    const { code, output } = await ended;
    assert.ok(performance.now() - askedMs < 5_000);
    assert.equal(code, ExitCode.OK);
    assert.match(output, /^Ottla ready on 127\.0\.0\.1:\d+ after \d+ ms\. Next: .+\n$/);
  }
});

test('two brokers cannot have one data directory; killed, the first one leaves it free', async () => {
  const first = ottla(['--listen', '127.0.0.1:0', '--data-dir', 'shared']);
  await first.ready;
  const second = await ottla(['--listen', '127.0.0.1:0', '--data-dir', 'shared']).ended;
  assert.equal(second.code, ExitCode.DATA_DIRECTORY);
  assert.match(second.errors, /^ottla: the data directory \S*shared is in use by another broker/m);
  assert.equal(second.output, '');
  first.child.kill('SIGKILL');
  await first.ended;
  const third = ottla(['--listen', '127.0.0.1:0', '--data-dir', 'shared']);
  await third.ready;
  third.child.kill('SIGTERM');
  assert.equal((await third.ended).code, ExitCode.OK);
});

test('a port that is taken is named', async () => {
  const first = ottla(['--listen', '127.0.0.1:0', '--memory']);
  const port = portOf(await first.ready);
  const second = await ottla(['--listen', `127.0.0.1:${port}`, '--data-dir', 'unused']).ended;
  assert.equal(second.code, ExitCode.ADDRESS);
  assert.match(second.errors, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
  first.child.kill('SIGTERM');
  await first.ended;
});

test('a directory that cannot be made is named', async () => {
  await writeFile(join(directory, 'file'), '');
  const { code, errors } = await ottla(['--listen', '127.0.0.1:0', '--data-dir', 'file/inside']).ended;
  assert.equal(code, ExitCode.DATA_DIRECTORY);
  assert.match(errors, /cannot use the data directory file\/inside/);
});

test('a metadata log with a damaged batch is named, with the offsets, and not believed', async () => {
  const first = ottla(['--listen', '127.0.0.1:0', '--data-dir', 'damaged']);
  await first.ready;
  first.child.kill('SIGTERM');
  await first.ended;
  const log = join(directory, 'damaged/__cluster_metadata-0/00000000000000000000.log');
  const bytes = await readFile(log);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  await writeFile(log, bytes);
  const { code, errors } = await ottla(['--listen', '127.0.0.1:0', '--data-dir', 'damaged']).ended;
  assert.equal(code, ExitCode.DATA_DIRECTORY);
  assert.match(
    errors,
    /^ottla: cannot use the metadata log in damaged: the checksum of a batch does not fit: the offsets 0 to \d+ are damaged$/m,
  );
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a metadata log without its end is not believed either, after ${signal}, and stays as it is`, async () => {
    const dataDir = `shortened-${signal}`;
    const often = ['--set', 'log.flush.offset.checkpoint.interval.ms=50'];
    const start = ['--listen', '127.0.0.1:0', '--data-dir', dataDir, ...often];
    const points = join(directory, dataDir, 'recovery-point-offset-checkpoint');
    const first = ottla(start);
    await first.ready;
    while (!(await readFile(points, 'utf8').catch(() => '')).includes('__cluster_metadata')) await pause(10);
    first.child.kill(signal);
    await first.ended;
    const log = join(directory, dataDir, '__cluster_metadata-0/00000000000000000000.log');
    const half = Math.floor((await readFile(log)).length / 2);
    await truncate(log, half);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { code, errors } = await ottla(start).ended;
      assert.equal(code, ExitCode.DATA_DIRECTORY);
      assert.match(errors, /cannot use the metadata log in .*: the offsets \d+ to \d+ are damaged or missing/);
      assert.equal((await readFile(log)).length, half);
    }
  });
}

test('wrong settings end the start before anything is touched', async () => {
  const typo = await ottla(['--set', 'num.partitons=3']).ended;
  assert.equal(typo.code, ExitCode.USAGE);
  assert.match(typo.errors, /^ottla: unknown setting num\.partitons; did you mean num\.partitions\?$/m);
  const value = await ottla([], { KAFKA_NUM_PARTITIONS: 'many' }).ended;
  assert.equal(value.code, ExitCode.USAGE);
  assert.match(value.errors, /Invalid value many for configuration num\.partitions: Not a number of type INT/);
  const listener = await ottla(['--listen', 'SSL://127.0.0.1:0']).ended;
  assert.equal(listener.code, ExitCode.USAGE);
});

test('unknown names elsewhere are warned about once, and the broker serves', async () => {
  await writeFile(join(directory, 'server.properties'), 'zookeeper.connect=x\nnum.partitions=2\n');
  const { child, ready, ended } = ottla(['--listen', '127.0.0.1:0', '--memory', '--config', 'server.properties'], {
    KAFKA_PORT: 'tcp://10.0.0.1:9092',
  });
  await ready;
  child.kill('SIGTERM');
  const { errors } = await ended;
  assert.equal(errors.match(/zookeeper\.connect/g)?.length, 1);
  assert.equal(errors.match(/KAFKA_PORT/g)?.length, 1);
});

test('--version prints the version of the package, --help the options and the commands', async () => {
  assert.match((await ottla(['--version']).ended).output, /^\d+\.\d+\.\d+\n$/);
  const help = await ottla(['--help']).ended;
  assert.equal(help.code, ExitCode.OK);
  assert.match(help.output, /--data-dir DIR/);
  assert.match(help.output, /consume \[options\]/);
});

test('a stop is waited for although nothing but a timer is left', async () => {
  const script = `
    import { processShell } from ${JSON.stringify(new URL('../platform/shell.ts', import.meta.url).href)};
    import { start } from ${JSON.stringify(new URL('start/start.ts', import.meta.url).href)};
    const listening = setInterval(() => {}, 1_000);
    const stop = () => {
      clearInterval(listening);
      return new Promise((resolve) => setTimeout(resolve, 10).unref());
    };
    const shell = processShell();
    await start(shell, async () => ({ addresses: [{ host: '127.0.0.1', port: 1 }], stop }));
    shell.exitNow(0);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  running.add(child);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const [code] = await ended;
  running.delete(child);
  assert.equal(code, ExitCode.OK);
});
