/**
 * `npm test`: everything that needs Node and npm only. Runs Node's own test runner over all tests, or over those under the given paths, and ends with its
 * counts. `npm test -- src/server` runs one folder, `npm test -- --test-name-pattern=flood` passes options on.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folders = ['src', 'sim', 'conformance', 'test', 'bench', 'scripts'];
/** Of one test: far above what any takes, far below what hides a hang. */
const TIMEOUT_MS = 5 * 60_000;

const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const files = (wanted.length > 0 ? wanted : folders).flatMap(testsIn);
if (files.length === 0) {
  console.error(`no tests under ${wanted.join(', ')}`);
  process.exit(1);
}

const run = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    `--import=${pathToFileURL(join(root, 'scripts/end-after-tests.ts'))}`,
    `--test-concurrency=${availableParallelism()}`,
    `--test-timeout=${TIMEOUT_MS}`,
    ...options,
    ...files,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    // Compiled TypeScript is kept between runs: each of several hundred test processes would compile the same files again.
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'), ...process.env },
  },
);
process.exit(run.status ?? 1);

function testsIn(path: string): readonly string[] {
  return path.endsWith('.ts') ? [path] : globSync(`${path}/**/*.test.ts`, { cwd: root }).toSorted();
}
