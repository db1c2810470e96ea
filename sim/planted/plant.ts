/** Changes one file of the broker's source while it is loaded, in a process that has loaded nothing of it yet. The change must apply exactly once. */
import { registerHooks } from 'node:module';
import type { PlantedBug } from './planted-bugs.ts';

export function plant({ name, file, find, replace }: PlantedBug): void {
  const { href } = new URL(`../../src/${file}`, import.meta.url);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== href) return loaded;
      const source = String(loaded.source);
      const parts = source.split(find);
      if (parts.length !== 2)
        throw new Error(`${name}: the text to change occurs ${parts.length - 1} times in ${file}`);
      return { ...loaded, source: parts.join(replace) };
    },
  });
}
