import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const loggerUrl = new URL('logger.ts', import.meta.url).href;

/** What a process that runs `script` with `standardErrorLogger` at hand leaves on both streams. */
function run(script: string): { out: string; error: string } {
  const source = `import { standardErrorLogger } from ${JSON.stringify(loggerUrl)};\n${script}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    timeout: 60_000,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return { out: stdout, error: stderr };
}

test('lines go to standard error as JSON, with the fields of the logger and of the line, and none is lost at the end', () => {
  const { out, error } = run(`
    const logger = standardErrorLogger({ level: 'info', text: false }).child({ broker: 1 });
    logger.debug({}, 'not shown');
    logger.warn({ topic: 'orders' }, 'something');
    process.exit(0);
  `);
  assert.equal(out, '');
  const { time, ...line } = JSON.parse(error);
  assert.equal(typeof time, 'number');
  assert.deepEqual(line, { level: 40, broker: 1, topic: 'orders', msg: 'something' });
});

test('for a person, a line is a sentence with its fields, and an error has its stack', () => {
  const { error } = run(`
    const logger = standardErrorLogger({ level: 'info', text: true });
    logger.error({ err: new Error('broken'), disk: 'full' }, 'a write failed');
  `);
  assert.match(error, /^\d\d:\d\d:\d\d\.\d\d\d ERROR a write failed disk="full" \n {2}Error: broken\n {4}at /);
});

test('a line is written, and the process goes on, although the library cannot be loaded', () => {
  const { error } = run(`
    import Module from 'node:module';
    const load = Module._load;
    Module._load = () => { throw new Error('too many open files'); };
    const logger = standardErrorLogger({ level: 'info', text: false });
    logger.error({ err: new Error('EMFILE') }, 'a file could not be opened');
    Module._load = load;
    logger.error({}, 'with the library');
  `);
  const lines = error
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ level, msg, err }) => [level, msg, err]),
    [
      [50, 'a file could not be opened', 'Error: EMFILE'],
      [50, 'with the library', undefined],
    ],
  );
});

test('the library is not loaded before the first line', () => {
  const { out } = run(`
    import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(loggerUrl)});
    const isLoaded = () => require.resolve('pino') in require.cache;
    const logger = standardErrorLogger({ level: 'info', text: false });
    logger.debug({}, 'not shown');
    const before = isLoaded();
    logger.info({}, 'shown');
    console.log(before, isLoaded());
  `);
  assert.equal(out, 'false true\n');
});
