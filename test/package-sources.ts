/**
 * Preloaded into programs of this repository that import the package by its name, as its users do: they run on the sources, with nothing
 * built. The published package knows nothing of it.
 */
import { registerHooks } from 'node:module';

const sources: ReadonlyMap<string, string> = new Map([
  ['ottla', new URL('../src/index.ts', import.meta.url).href],
  ['ottla/testing', new URL('../src/testing.ts', import.meta.url).href],
]);

registerHooks({
  resolve: (specifier, context, next) => next(sources.get(specifier) ?? specifier, context),
});
