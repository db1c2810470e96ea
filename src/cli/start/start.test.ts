import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DataDirectoryInUse, DiskFault, NetworkFault } from '../../base/faults.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { testShell } from '../testing-shell.ts';
import { type NodeOptions, type RunningNode, start } from './start.ts';

function nodeAt(host: string, port: number): RunningNode & { stopped: boolean } {
  return {
    addresses: [{ host, port }],
    openLogs: 0,
    stopped: false,
    async stop() {
      this.stopped = true;
    },
  };
}

async function failure(error: Error): Promise<CommandFailure> {
  const started = start(testShell(['--log-level', 'silent']), () => Promise.reject(error));
  const thrown: unknown = await started.catch((reason: unknown) => reason);
  assert.ok(thrown instanceof CommandFailure);
  return thrown;
}

test('a broker that serves prints one line, with its address and a command to go on with; an interruption stops it', async () => {
  const shell = testShell(['--listen', '0', '--log-level', 'silent']);
  const node = nodeAt('127.0.0.1', 4711);
  const started = start(shell, async () => node);
  while (shell.output() === '') await new Promise(setImmediate);
  assert.match(
    shell.output(),
    /^Ottla ready on 127\.0\.0\.1:4711 after \d+ ms\. Next: echo hello \| ottla produce greetings --bootstrap-server 127\.0\.0\.1:4711\n$/,
  );
  assert.equal(node.stopped, false);
  shell.interrupt();
  await started;
  assert.equal(node.stopped, true);
});

test('every address of the machine is shown as such, and reached by localhost', async () => {
  const shell = testShell(['--log-level', 'silent']);
  const started = start(shell, async () => nodeAt('0.0.0.0', 9092));
  while (shell.output() === '') await new Promise(setImmediate);
  assert.match(shell.output(), /^Ottla ready on 0\.0\.0\.0:9092 .*produce greetings\n$/);
  shell.interrupt();
  await started;
});

test('flags, environment and file reach the broker', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ottla-start-'));
  const file = join(directory, 'server.properties');
  await writeFile(file, 'num.partitions=7\nmessage.max.bytes=1\n');
  const shell = testShell(['--config', file, '--data-dir', directory, '--log-level', 'silent'], {
    environment: { KAFKA_MESSAGE_MAX_BYTES: '2' },
  });
  let given: NodeOptions | undefined;
  const started = start(shell, async (options) => {
    given = options;
    return nodeAt('127.0.0.1', 1);
  });
  while (shell.output() === '') await new Promise(setImmediate);
  shell.interrupt();
  await started;
  await rm(directory, { recursive: true });
  assert.deepEqual(given?.dataDirs, [directory]);
  assert.equal(given?.config.get('num.partitions'), 7);
  assert.equal(given?.config.get('message.max.bytes'), 2);
});

test('what can go wrong at the start has a sentence and an exit code each', async () => {
  const used = await failure(new DataDirectoryInUse('/data'));
  assert.equal(used.exitCode, ExitCode.DATA_DIRECTORY);
  assert.match(used.message, /\/data is in use by another broker/);
  const denied = await failure(new DiskFault({ kind: 'denied', operation: 'makeDirectory', path: '/data' }));
  assert.equal(denied.exitCode, ExitCode.DATA_DIRECTORY);
  assert.match(denied.message, /cannot use the data directory/);
  const busy = await failure(new NetworkFault({ kind: 'address-in-use', message: 'cannot listen on 1: in use' }));
  assert.equal(busy.exitCode, ExitCode.ADDRESS);
  assert.match(busy.message, /cannot listen on 1/);
});

test('a file that cannot be read is named', async () => {
  const shell = testShell(['--config', '/no/such/file']);
  await assert.rejects(
    start(shell, () => Promise.reject(new Error('not reached'))),
    /cannot read \/no\/such\/file/,
  );
});
