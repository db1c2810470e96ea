/** Files that import themselves by way of others. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importsOf, lineAt, withoutComments } from './imports-of.ts';

export interface Circle {
  readonly file: string;
  /** Of the import that the circle begins with. */
  readonly line: number;
  /** The others, in order; the last one imports `file`. */
  readonly through: readonly string[];
}

/** `files` are paths below `folder`, and so are those in the answer. Not every circle is found at once, but one wherever there is any. */
export function importCircles(folder: string, files: readonly string[]): readonly Circle[] {
  const imports = new Map(files.map((file) => [file, importsIn(folder, file)]));
  const circles: Circle[] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  const follow = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const [next = file, ...others] = path.slice(at + 1);
      circles.push({ file, line: imports.get(file)?.get(next) ?? 0, through: [next, ...others] });
    } else if (!finished.has(file)) {
      path.push(file);
      for (const imported of imports.get(file)?.keys() ?? []) follow(imported);
      path.pop();
      finished.add(file);
    }
  };
  for (const file of files) follow(file);
  return circles;
}

/** The files that it imports, with the line. */
function importsIn(folder: string, file: string): ReadonlyMap<string, number> {
  const code = withoutComments(readFileSync(join(folder, file), 'utf8'));
  return new Map(
    importsOf(code)
      .filter(({ path }) => path.startsWith('.'))
      .map(({ path, index }) => [join(dirname(file), path), lineAt(code, index)]),
  );
}
