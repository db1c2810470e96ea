/**
 * The house's rules on imports and on the outside world, as far as a program can see them: who may import whom, and that only `src/platform/` (and
 * the faces, for what ends in a process) touches files, sockets, clocks, timers and chance. Runs with the tests and as `npm run imports`.
 *
 * Tests, contract suites and test clients are read by nobody in production and follow no direction; they may use what they need. Circles are refused
 * everywhere.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importCircles } from './import-circles.ts';
import { blank, importsOf, lineAt, withoutComments } from './imports-of.ts';

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

/** Which folders of `src/` the files of a folder may import beside their own. What is missing here may import nothing. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  config: ['base'],
  platform: ['base'],
  log: ['base', 'protocol', 'config'],
  security: ['base', 'protocol', 'config'],
  partition: ['base', 'protocol', 'config', 'log', 'security'],
  metadata: ['base', 'protocol', 'config', 'log', 'security'],
  coordinator: ['base', 'protocol', 'config', 'log', 'security', 'partition', 'metadata'],
  broker: ['base', 'protocol', 'config', 'log', 'security', 'partition', 'metadata', 'coordinator'],
  server: ['base', 'protocol', 'config', 'security', 'broker'],
  http: ['base', 'config', 'broker'],
};
/** Row 7 is the files in `src/` itself and these folders; they may import everything. */
const faces = new Set(['cli', 'testing']);

/** Files of pure names and functions that handlers and decisions both need: what a topic may be called, how a log is looked up, what a refusal is. */
const vocabulary: Readonly<Record<string, readonly string[]>> = {
  server: [
    'log/log-key.ts',
    'metadata/topic-name.ts',
    'metadata/config-resource.ts',
    'metadata/decision.ts',
    'partition/partition-fault.ts',
    'coordinator/transaction/transaction.ts',
    'coordinator/transaction/transaction-status.ts',
  ],
};

/** Types are erased: a handler may name what `broker/` hands it without depending on how it is made. */
const mayImportTypesOf: Readonly<Record<string, readonly string[]>> = {
  server: ['log', 'partition', 'metadata', 'coordinator'],
};

/** Modules that compute and keep nothing of the world. */
const harmlessModules = new Set([
  'node:assert',
  'node:buffer',
  'node:crypto',
  'node:events',
  'node:module',
  'node:path',
  'node:url',
  'node:util',
  'node:zlib',
]);

const worldlyGlobals: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, 'the time of day comes from Env.clock'],
  [/\bperformance\./, 'the monotonic time comes from Env.clock'],
  [/\b(setTimeout|setInterval|setImmediate)\b/, 'timers come from Env.timers'],
  [/\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b/, 'chance comes from Env.random'],
  [/\bprocess\b\./, 'the process is the business of src/platform/'],
  [/\bconsole\./, 'lines for people go to Env.logger or to the shell'],
];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** All code of the project. */
const everywhere = '{src,sim,bench,test,compat,conformance,scripts}/**/*.ts';

export function checkImports(source = join(root, 'src')): readonly Violation[] {
  const files = globSync('**/*.ts', { cwd: source }).filter((file) => !isForTests(file));
  return files.flatMap((file) => checkFile(source, file));
}

/** No file may import itself by way of others, not even for a type: what both need stands in the wrong one of them. */
export function checkCircles(project = root): readonly Violation[] {
  const files = globSync(everywhere, { cwd: project });
  return importCircles(project, files.sort()).map(({ file, line, through }) => ({
    file,
    line,
    rule: `imports itself by way of ${through.join(', ')}`,
  }));
}

function isForTests(file: string): boolean {
  return /[.-](test|contract|fixture|vectors)\.ts$/.test(file) || /(^|\/)(test-|testing-|loopback-client)/.test(file);
}

function checkFile(source: string, file: string): readonly Violation[] {
  const violations: Violation[] = [];
  const text = readFileSync(join(source, file), 'utf8');
  const folder = folderOf(file);
  const code = withoutComments(text);
  const report = (index: number, rule: string) =>
    violations.push({ file: join('src', file), line: lineAt(code, index), rule });

  for (const found of importsOf(code)) {
    const rule = found.path.startsWith('.')
      ? directionRule(folder, relative(source, resolve(source, dirname(file), found.path)), found.isType)
      : moduleRule(folder, found.path);
    if (rule !== undefined) report(found.index, rule);
  }
  if (folder !== 'platform') {
    const words = withoutStrings(code);
    for (const [pattern, rule] of worldlyGlobals) {
      const index = words.search(pattern);
      if (index >= 0) report(index, rule);
    }
  }
  return violations;
}

function directionRule(from: string, target: string, isType: boolean): string | undefined {
  const to = folderOf(target);
  if (from === to || isFace(from) || vocabulary[from]?.includes(target)) return undefined;
  if (isFace(to)) return `${from}/ must not import the faces`;
  if (mayImport[from]?.includes(to) || (isType && mayImportTypesOf[from]?.includes(to))) return undefined;
  return `${from}/ must not import ${to}/`;
}

function moduleRule(folder: string, module: string): string | undefined {
  if (!module.startsWith('node:') || folder === 'platform' || harmlessModules.has(module)) return undefined;
  return `${module} is the business of src/platform/`;
}

/** Empty for the files in `src/` itself. */
function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : '';
}

function isFace(folder: string): boolean {
  return folder === '' || faces.has(folder);
}

function withoutStrings(code: string): string {
  return code.replace(/'(?:\\.|[^'\\\n])*'/g, blank);
}

if (import.meta.main) {
  const violations = [...checkImports(), ...checkCircles()];
  for (const { file, line, rule } of violations) console.error(`${file}:${line} ${rule}`);
  console.log(`imports: ${violations.length === 0 ? 'in order' : `${violations.length} violations`}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
