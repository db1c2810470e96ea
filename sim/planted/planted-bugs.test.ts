import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { plantedBugs } from './planted-bugs.ts';

test('the text that each planted bug changes occurs once in its file', () => {
  const astray = plantedBugs.filter(({ file, find }) => {
    const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
    return source.split(find).length !== 2;
  });
  assert.deepEqual(
    astray.map(({ name }) => name),
    [],
  );
});
