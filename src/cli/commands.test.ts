import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningBroker, startBroker } from '../index.ts';
import { ExitCode } from './exit-code.ts';
import { makeProgram } from './program.ts';
import { run } from './run.ts';
import { startFlagHelp } from './start/flags.ts';
import { type TestShellOptions, testShell } from './testing-shell.ts';

let broker: RunningBroker;

before(async () => {
  broker = await startBroker({ 'offsets.topic.num.partitions': 1 });
});

after(() => broker.stop());

interface Outcome {
  readonly code: ExitCode;
  readonly output: string;
  readonly errors: string;
}

async function ottla(args: readonly string[], options?: TestShellOptions): Promise<Outcome> {
  const shell = testShell([...args, '--bootstrap-server', broker.bootstrapServers], options);
  const code = await run(shell);
  return { code, output: shell.output(), errors: shell.errors() };
}

/** The output of a command that must succeed. */
async function output(args: readonly string[], options?: TestShellOptions): Promise<string> {
  const outcome = await ottla(args, options);
  assert.deepEqual({ ...outcome, output: '' }, { code: ExitCode.OK, output: '', errors: outcome.errors });
  return outcome.output;
}

async function json(args: readonly string[], options?: TestShellOptions) {
  return JSON.parse(await output([...args, '--json'], options));
}

test('topics are created, listed, described, altered and deleted', async () => {
  const create = ['topic', 'create', 'life', '-p', '2', '-c', 'retention.ms=60000'];
  assert.equal(await output(create), 'created life with 2 partitions\n');
  assert.match(await output(['topic', 'list']), /^TOPIC .*\nlife +2 +1$/m);

  const described = await json(['topic', 'describe', 'life']);
  assert.deepEqual(described.settings, { 'retention.ms': '60000' });
  assert.deepEqual(
    described.partitions.map((row: { partition: number; earliest: number; latest: number }) => [
      row.partition,
      row.earliest,
      row.latest,
    ]),
    [
      [0, 0, 0],
      [1, 0, 0],
    ],
  );

  await output(['topic', 'alter', 'life', '-p', '3', '-c', 'segment.ms=1000', '-d', 'retention.ms']);
  const altered = await json(['topic', 'describe', 'life']);
  assert.equal(altered.partitions.length, 3);
  assert.deepEqual(altered.settings, { 'segment.ms': '1000' });

  assert.equal(await output(['topic', 'delete', 'life']), 'deleted life\n');
  assert.deepEqual(
    (await json(['topic', 'list'])).filter((row: { topic: string }) => row.topic === 'life'),
    [],
  );
});

test('a topic that exists is an error, unless it may', async () => {
  await output(['topic', 'create', 'twice']);
  const again = await ottla(['topic', 'create', 'twice']);
  assert.equal(again.code, ExitCode.FAILED);
  assert.match(again.errors, /^ottla: .*TOPIC_ALREADY_EXISTS/);
  assert.deepEqual(await json(['topic', 'create', 'twice', '--if-not-exists']), [{ topic: 'twice', created: false }]);
});

test('a topic that is not there fails with its name', async () => {
  for (const args of [
    ['topic', 'describe', 'absent'],
    ['topic', 'delete', 'absent'],
    ['consume', 'absent'],
  ]) {
    const { code, errors } = await ottla(args);
    assert.equal(code, ExitCode.FAILED, args.join(' '));
    assert.match(errors, /topic/i);
  }
  assert.equal(await output(['topic', 'delete', 'absent', '--if-exists']), '');
});

test('lines become records, and records lines', async () => {
  await output(['topic', 'create', 'lines']);
  const { errors } = await ottla(['produce', 'lines'], { input: ['one', 'two', 'three'] });
  assert.equal(errors, 'wrote 3 records to lines\n');
  assert.equal(await output(['consume', 'lines']), 'one\ntwo\nthree\n');
  assert.equal(await output(['consume', 'lines', '-n', '2']), 'one\ntwo\n');
  assert.equal(await output(['consume', 'lines', '-o', '1']), 'two\nthree\n');
  assert.equal(await output(['consume', 'lines', '-o', '-1']), 'three\n');
  assert.equal(
    await output(['consume', 'lines', '--format', '%t:%p:%o=%s;']),
    'lines:0:0=one;lines:0:1=two;lines:0:2=three;',
  );
});

test('keys and headers are written; equal keys go to one partition', async () => {
  await output(['topic', 'create', 'keyed', '-p', '4']);
  const input = ['a:1', 'b:2', 'a:3', 'b:4'];
  await output(['produce', 'keyed', '-k', ':', '-H', 'source=test'], { input });
  const printed = await output(['consume', 'keyed', '-F', '%p %k %s %h\\n']);
  const rows = printed
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
  assert.deepEqual(rows.map(([, key, value]) => `${key}${value}`).toSorted(), ['a1', 'a3', 'b2', 'b4']);
  for (const key of ['a', 'b']) assert.equal(new Set(rows.filter((row) => row[1] === key).map(([p]) => p)).size, 1);
  for (const row of rows) assert.equal(row[3], 'source=test');
});

test('JSON lines carry everything that a record has, in both directions', async () => {
  await output(['topic', 'create', 'json', '-p', '2']);
  const records = [
    { key: 'k', value: 'v', headers: { h: '1' }, partition: 1, timestamp: 1_700_000_000_000 },
    { key: 'k', value: null, partition: 1, timestamp: 1_700_000_000_001 },
  ];
  const written = await json(['produce', 'json', '--json-lines'], { input: records.map((row) => JSON.stringify(row)) });
  assert.equal(written.records, 2);
  const lines = (await output(['consume', 'json', '--json'])).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { topic: 'json', offset: 0, ...records[0] },
      { topic: 'json', offset: 1, headers: {}, ...records[1] },
    ],
  );
  assert.equal(await output(['consume', 'json', '--from-time', '1700000000001', '-F', '%o']), '1');
});

test('a file is read like standard input', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ottla-produce-'));
  await writeFile(join(directory, 'lines'), Array.from({ length: 2_500 }, (_, index) => `line ${index}\n`).join(''));
  await output(['topic', 'create', 'filed']);
  assert.equal((await json(['produce', 'filed', '-f', join(directory, 'lines')])).records, 2_500);
  const absent = await ottla(['produce', 'filed', '-f', join(directory, 'absent')]);
  assert.equal(absent.code, ExitCode.USAGE);
  assert.match(absent.errors, /^ottla: cannot read .*absent: ENOENT/);
  await rm(directory, { recursive: true });
  const lines = (await output(['consume', 'filed'])).trimEnd().split('\n');
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [2_500, 'line 0', 'line 2499']);
});

test('following waits for records until it is interrupted', async () => {
  await output(['topic', 'create', 'followed']);
  const shell = testShell(['consume', 'followed', '--follow', '--from-beginning', '-b', broker.bootstrapServers]);
  const following = run(shell);
  await output(['produce', 'followed'], { input: ['later'] });
  while (shell.output() === '') await new Promise(setImmediate);
  assert.equal(shell.output(), 'later\n');
  shell.interrupt();
  assert.equal(await following, ExitCode.OK);
});

test('a partition that is not there is refused, not taken modulo the count', async () => {
  await output(['topic', 'create', 'narrow']);
  const { code, errors } = await ottla(['produce', 'narrow', '-p', '5'], { input: ['x'] });
  assert.equal(code, ExitCode.FAILED);
  assert.match(errors, /narrow has 1 partition, there is no 5/);
});

test('a bad line names its number and fails the command', async () => {
  await output(['topic', 'create', 'bad']);
  const { code, errors } = await ottla(['produce', 'bad', '-j'], { input: ['{"value":"x"}', '{'] });
  assert.equal(code, ExitCode.USAGE);
  assert.match(errors, /line 2 is not JSON/);
});

test('settings are described, set and unset, for topics and for all brokers', async () => {
  await output(['topic', 'create', 'configured']);
  assert.equal(await output(['config', 'set', 'topic', 'configured', 'retention.ms=5', 'segment.ms=6']), 'changed\n');
  const names = async (args: readonly string[]) =>
    (await json(['config', 'describe', ...args])).map(
      (row: { name: string; value: string }) => `${row.name}=${row.value}`,
    );
  assert.deepEqual(await names(['topic', 'configured', '-k', '.ms']), ['retention.ms=5', 'segment.ms=6']);
  assert.equal(await output(['config', 'unset', 'topic', 'configured', 'segment.ms']), 'changed\n');
  assert.deepEqual(await names(['topic', 'configured', '-k', '.ms']), ['retention.ms=5']);
  assert.deepEqual(await names(['topic', 'configured', '--all', '-k', 'max.message']), ['max.message.bytes=1048588']);

  await output(['config', 'set', 'broker', 'default', 'log.cleaner.threads=2']);
  assert.ok((await names(['broker', 'default'])).includes('log.cleaner.threads=2'));
  await output(['config', 'unset', 'broker', 'default', 'log.cleaner.threads']);

  const refused = await ottla(['config', 'set', 'topic', 'configured', 'nonsense=1']);
  assert.equal(refused.code, ExitCode.FAILED);
  assert.match(refused.errors, /Unknown topic config name: nonsense/);
  assert.equal(
    await output(['config', 'set', 'topic', 'configured', 'retention.ms=7', '--dry-run']),
    'accepted (dry run)\n',
  );
  assert.deepEqual(await names(['topic', 'configured', '-k', '.ms']), ['retention.ms=5']);
});

test('a group takes up where it left off, and shows how far behind it is', async () => {
  await output(['topic', 'create', 'work']);
  await output(['produce', 'work'], { input: ['1', '2', '3', '4', '5'] });
  assert.equal(await output(['consume', 'work', '-g', 'crew', '-n', '2']), '1\n2\n');
  const behind = await json(['group', 'offsets', 'crew']);
  assert.deepEqual(behind.partitions, [{ topic: 'work', partition: 0, committed: 2, end: 5, lag: 3, metadata: '' }]);
  assert.equal(behind.lag, 3);
  assert.equal(await output(['consume', 'work', '-g', 'crew']), '3\n4\n5\n');
  assert.equal(await output(['consume', 'work', '-g', 'crew']), '');
  assert.equal((await json(['group', 'offsets', 'crew'])).lag, 0);
  const listed = (await json(['group', 'list'])).find((row: { group: string }) => row.group === 'crew');
  assert.deepEqual(listed, { group: 'crew', state: 'Empty', type: 'classic', protocol: 'consumer' });
  const described = await json(['group', 'describe', 'crew']);
  assert.deepEqual([described.state, described.members], ['Empty', []]);
});

test('the offsets of a group are moved, after a look at what would be', async () => {
  await output(['topic', 'create', 'moved']);
  const input = [1, 2, 3, 4].map((second) =>
    JSON.stringify({ value: `${second}`, timestamp: 1_700_000_000_000 + second }),
  );
  await output(['produce', 'moved', '-j'], { input });
  const reset = async (...args: string[]) =>
    (await json(['group', 'reset', 'movers', '-t', 'moved', ...args])).partitions;
  assert.deepEqual(await reset('--to-latest', '--dry-run'), [{ topic: 'moved', partition: 0, from: null, to: 4 }]);
  assert.deepEqual(await reset('--to-latest'), [{ topic: 'moved', partition: 0, from: null, to: 4 }]);
  assert.deepEqual(await reset('--shift-by', '-1'), [{ topic: 'moved', partition: 0, from: 4, to: 3 }]);
  assert.deepEqual(await reset('--to-time', '1700000000002'), [{ topic: 'moved', partition: 0, from: 3, to: 1 }]);
  assert.deepEqual(await reset('--by-duration', '1h'), [{ topic: 'moved', partition: 0, from: 1, to: 4 }]);
  assert.deepEqual(await reset('--to-offset', '2'), [{ topic: 'moved', partition: 0, from: 4, to: 2 }]);
  assert.deepEqual(await reset('--to-offset', '99'), [{ topic: 'moved', partition: 0, from: 2, to: 4 }]);
  assert.deepEqual(await reset('--to-earliest'), [{ topic: 'moved', partition: 0, from: 4, to: 0 }]);
  assert.equal((await ottla(['group', 'reset', 'movers', '--to-earliest', '--to-latest'])).code, ExitCode.USAGE);

  assert.equal(await output(['group', 'delete', 'movers']), 'deleted movers\n');
  const again = await ottla(['group', 'delete', 'movers']);
  assert.equal(again.code, ExitCode.FAILED);
  assert.match(again.errors, /GROUP_ID_NOT_FOUND/);
});

test('a group with members is not moved', async () => {
  await output(['topic', 'create', 'busy']);
  const shell = testShell([
    'consume',
    'busy',
    '-g',
    'busy',
    '--follow',
    '--from-beginning',
    '-b',
    broker.bootstrapServers,
  ]);
  const consuming = run(shell);
  await output(['produce', 'busy'], { input: ['x'] });
  while (shell.output() === '') await new Promise(setImmediate);
  const { members } = await json(['group', 'describe', 'busy']);
  assert.deepEqual(
    members.map((row: { assignment: unknown }) => row.assignment),
    [[{ topic: 'busy', partitions: [0] }]],
  );
  const reset = await ottla(['group', 'reset', 'busy', '--to-earliest']);
  assert.equal(reset.code, ExitCode.FAILED);
  assert.match(reset.errors, /busy is Stable: stop its members first/);
  shell.interrupt();
  assert.equal(await consuming, ExitCode.OK);
  assert.equal((await json(['group', 'offsets', 'busy'])).lag, 0);
});

test('status shows the cluster, and fails when no broker answers', async () => {
  const found = await json(['status']);
  assert.equal(found.clusterId, broker.clusterId);
  assert.equal(found.brokers.length, 1);
  assert.equal(found.directories[0].path, 'memory');
  assert.match(await output(['status']), /^ *1 +memory +online +\d+ +- +-$/m);
  const shell = testShell(['status', '-b', '127.0.0.1:1']);
  assert.equal(await run(shell), ExitCode.UNREACHABLE);
  assert.match(shell.errors(), /no broker answers at 127\.0\.0\.1:1/);
});

test('a command line that is wrong has its own exit code and says what was probably meant', async () => {
  const typo = testShell(['topic', 'crate', 'x']);
  assert.equal(await run(typo), ExitCode.USAGE);
  assert.match(typo.errors(), /Did you mean create\?/);
  const contradiction = await ottla(['consume', 'x', '--from-beginning', '-o', '1']);
  assert.equal(contradiction.code, ExitCode.USAGE);
});

test('every command has help with an example', async () => {
  const help = async (path: readonly string[]) => {
    const shell = testShell([...path, '--help']);
    assert.equal(await run(shell), ExitCode.OK);
    return shell.output();
  };
  const commandsOf = (text: string) =>
    [...(text.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name ?? '');
  const walk = async (path: readonly string[]): Promise<void> => {
    const text = await help(path);
    const inner = commandsOf(text.split('Usage: ottla [options]            start')[0] ?? '').filter(
      (name) => name !== 'help' && name !== 'complete',
    );
    if (inner.length === 0) assert.match(text, /Example:\n {2}/, path.join(' '));
    for (const name of inner) await walk([...path, name]);
  };
  const root = commandsOf((await help([])).split('start a broker')[0] ?? '');
  assert.deepEqual(root.filter((name) => name !== 'help' && name !== 'complete').toSorted(), [
    'backup',
    'config',
    'consume',
    'group',
    'log',
    'produce',
    'restore',
    'status',
    'topic',
  ]);
  await walk([]);
});

test('docs/command-line.md names every command and every option of the start', async () => {
  const text = await readFile(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
  const program = makeProgram(testShell([]));
  for (const command of program.commands) {
    const names = command.commands.length === 0 ? [command.name()] : command.commands.map((inner) => inner.name());
    for (const name of names) assert.match(text, new RegExp(`\`[a-zA-Z …]*\\b${name}\\b`), `${command.name()} ${name}`);
  }
  for (const [flag] of startFlagHelp.filter(([name]) => !/help|version/.test(name)))
    assert.ok(text.includes(`\`${flag}\``), flag);
});
