/** The examples of docs/embedding.md run, end by themselves, and are all of them there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const examples = globSync('examples/*.ts', { cwd: root }).toSorted();
/** An example takes about a second, most of it for loading the sources. */
const TIMEOUT_MS = 60_000;

describe('the examples', () => {
  for (const example of examples) {
    test(`${example} runs and ends`, async () => {
      assert.deepEqual(await run(example), { code: 0, stdout: '', stderr: '' });
    });
  }

  test('the documentation names each, and there are some', () => {
    const page = readFileSync(join(root, 'docs/embedding.md'), 'utf8');
    const named = new Set(page.match(/examples\/[\w-]+\.ts/g));
    assert.ok(examples.length > 0);
    assert.deepEqual([...named].toSorted(), examples);
  });
});

function run(example: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const options = { cwd: root, timeout: TIMEOUT_MS };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', './test/package-sources.ts', example], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });
}
