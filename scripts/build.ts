/**
 * `npm run build`: the published package in `dist/`. JavaScript for every supported Node in few files (a file costs about 0.5 ms at the start), split so that
 * starting a broker loads the broker and not the command line's client, and the types beside it.
 *
 * What is small and always needed is bundled. What is compiled for a machine, or needed by few commands, stays a dependency.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

/** The oldest Node that the package runs on. */
const TARGET = 'node22.22';

/** Bundled although they are dependencies of the sources: plain JavaScript on the way to the first answer or help text. */
const bundled = new Set(['pino', 'commander', '@commander-js/extra-typings', '@bomb.sh/tab']);

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: { ottla: 'src/cli/main.ts', index: 'src/index.ts', testing: 'src/testing.ts' },
  absWorkingDir: root,
  outdir: dist,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: TARGET,
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: 'linked',
  external: externalPackages(),
  // Bundled CommonJS packages ask for Node's own modules with `require`, which a module does not have by itself.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(join(dist, 'ottla.js'), 0o755);

const types = spawnSync(
  join(root, 'node_modules/.bin/tsc'),
  ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(dist, 'types')],
  { stdio: 'inherit', cwd: root },
);
if (types.status !== 0) process.exit(types.status ?? 1);
for (const file of ['ottla.js', 'index.js', 'testing.js', 'types/index.d.ts', 'types/testing.d.ts']) {
  if (!existsSync(join(dist, file))) throw new Error(`the build did not make dist/${file}`);
}

function externalPackages(): string[] {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  return Object.keys(dependencies).filter((name) => !bundled.has(name));
}
