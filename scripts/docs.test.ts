/** Maps rot unless tested: what the documentation names exists, and what it promises is enforced somewhere. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const pages = globSync(['*.md', 'docs/**/*.md', 'compat/*/*.md', 'conformance/*.md', 'bench/*.md'], { cwd: root });
const sources = globSync(['{src,sim,test,conformance,bench,scripts}/**/*.ts'], { cwd: root });

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Paths in backticks that begin with a folder of the project, and the targets of links. Patterns and placeholders name no file. */
function filesNamedBy(page: string): readonly string[] {
  const text = read(page).replace(/```[\s\S]*?```/g, '');
  const folders = 'src|docs|scripts|bench|sim|test|conformance|compat|\\.ci';
  const quoted = [...text.matchAll(new RegExp(`\`((?:${folders})/[^\`\\s]*)\``, 'g'))].map(([, path = '']) => path);
  const linked = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, path = '']) => path)
    .filter((path) => !/^[a-z]+:/.test(path))
    .map((path) => normalize(join(dirname(page), path)));
  return [...quoted, ...linked].filter((path) => !/[*<>{}…]|NNNN/.test(path));
}

/** The numbers of the sentences in docs/invariants.md, written as `I7` at the beginning of a list item or heading. */
function invariants(): readonly string[] {
  return [...read('docs/invariants.md').matchAll(/^(?:[-*#]+\s*)?\**(I\d+)\b/gm)].map(([, id = '']) => id);
}

/** What a file cites as `invariant I7` or `invariants I7, I8 and I9`. */
function invariantsCitedBy(file: string): readonly string[] {
  const lists = [...read(file).matchAll(/\binvariants? (I\d+(?:(?:, | and )I\d+)*)/gi)];
  return lists.flatMap(([, list = '']) => list.match(/I\d+/g) ?? []);
}

/** The rows of the table in docs/invariants.md. */
function testsOfInvariants(): readonly { readonly id: string; readonly files: readonly string[] }[] {
  const rows = [...read('docs/invariants.md').matchAll(/^\| (I\d+) \| ([^|]*) \|/gm)];
  return rows.map(([, id = '', files = '']) => ({
    id,
    files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  }));
}

describe('the documentation', () => {
  it('names only files that exist', () => {
    const missing = pages.flatMap((page) =>
      filesNamedBy(page)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${page} names ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it('is named by sources only where it exists', () => {
    const missing = sources.flatMap((file) =>
      [...read(file).matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
        .filter(([path]) => !existsSync(join(root, path)))
        .map(([path]) => `${file} names ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it('has one decision per number', () => {
    const numbers = globSync('docs/decisions/*.md', { cwd: root }).map((file) => /(\d{4})-/.exec(file)?.[1] ?? file);
    assert.deepEqual(numbers.toSorted(), [...new Set(numbers)].toSorted());
  });

  it('promises no invariant that nothing enforces, and no source cites one that is not promised', () => {
    const promised = invariants();
    assert.ok(promised.length > 0);
    assert.deepEqual(promised, [...new Set(promised)]);
    const cited = new Set(sources.flatMap(invariantsCitedBy));
    assert.deepEqual(
      promised.filter((id) => !cited.has(id)),
      [],
    );
    assert.deepEqual(
      [...cited].filter((id) => !promised.includes(id)),
      [],
    );
  });

  it('names for each invariant the tests that would notice, and they say so', () => {
    const rows = testsOfInvariants();
    assert.deepEqual(rows.map(({ id }) => id).toSorted(), invariants().toSorted());
    for (const { id, files } of rows) {
      assert.ok(files.length > 0, id);
      for (const file of files) assert.ok(invariantsCitedBy(file).includes(id), `${file} does not cite ${id}`);
    }
  });
});
