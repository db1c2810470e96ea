import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkCircles, checkImports } from './check-imports.ts';

const source = mkdtempSync(join(tmpdir(), 'check-imports-'));
after(() => rmSync(source, { recursive: true }));

function rulesBroken(file: string, text: string): readonly string[] {
  const path = join(source, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const rules = checkImports(source).map(({ rule }) => rule);
  rmSync(path);
  return rules;
}

describe('the import rules', () => {
  it('hold in src/', () => {
    assert.deepEqual(checkImports(), []);
  });

  it('forbid importing upwards, sideways and the faces', () => {
    assert.equal(rulesBroken('log/a.ts', "import { b } from '../partition/b.ts';").length, 1);
    assert.equal(rulesBroken('partition/a.ts', "import type { b } from '../metadata/b.ts';").length, 1);
    assert.equal(rulesBroken('broker/a.ts', "const b = await import('../index.ts');").length, 1);
    assert.equal(rulesBroken('config/a.ts', "export { b } from '../protocol/b.ts';").length, 1);
    assert.equal(rulesBroken('server/a.ts', "import {\n  b,\n} from '../log/b.ts';").length, 1);
  });

  it('allow importing downwards', () => {
    assert.deepEqual(rulesBroken('partition/a.ts', "import { b } from '../log/b.ts';\nimport '../base/c.ts';"), []);
    assert.deepEqual(rulesBroken('server/a.ts', "import type { b } from '../log/b.ts';"), []);
    assert.deepEqual(rulesBroken('cli/a.ts', "import { b } from '../platform/b.ts';"), []);
  });

  it('forbid the outside world everywhere but in platform/', () => {
    for (const text of [
      "import { readFileSync } from 'node:fs';",
      'const now = Date.now();',
      'setTimeout(() => {}, 1);',
      'const x = Math.random();',
      'process.exit(1);',
    ]) {
      assert.equal(rulesBroken('log/a.ts', text).length, 1, text);
      assert.deepEqual(rulesBroken('platform/a.ts', text), [], text);
    }
  });

  it('look at code, not at comments and texts', () => {
    assert.deepEqual(rulesBroken('log/a.ts', "// Date.now() is not for us\nconst text = 'setTimeout(';"), []);
  });

  it('forbid circles, of types and of tests too', () => {
    assert.deepEqual(checkCircles(), []);
    const project = join(source, 'project');
    for (const [file, text] of [
      ['src/log/a.ts', "import { b } from './b.ts';"],
      ['src/log/b.ts', "// import type { a } from './a.ts';\nimport { c } from '../../sim/c.test.ts';"],
      ['sim/c.test.ts', "\nimport type { a } from '../src/log/a.ts';"],
      ['sim/d.ts', "export { b } from '../src/log/b.ts';"],
      ['bench/e.ts', "const e = await import('./e.ts');"],
    ] as const) {
      mkdirSync(dirname(join(project, file)), { recursive: true });
      writeFileSync(join(project, file), text);
    }
    const found = checkCircles(project).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
    assert.deepEqual(found, [
      'bench/e.ts:1 imports itself by way of bench/e.ts',
      'sim/c.test.ts:2 imports itself by way of src/log/a.ts, src/log/b.ts',
    ]);
  });
});
