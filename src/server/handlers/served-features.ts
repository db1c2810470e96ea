/** Which features the broker has: those whose APIs it serves. */
import type { Feature } from '../../metadata/features.ts';
import type { Handler } from '../handler.ts';

/** What the highest level of a feature promises: an API, from the version on that belongs to it. */
const PROMISES = [
  { feature: { name: 'group.version', maxLevel: 1 }, apiKey: 68, apiVersion: 0 },
  { feature: { name: 'share.version', maxLevel: 1 }, apiKey: 76, apiVersion: 1 },
  { feature: { name: 'streams.version', maxLevel: 1 }, apiKey: 88, apiVersion: 0 },
  { feature: { name: 'transaction.version', maxLevel: 2 }, apiKey: 26, apiVersion: 5 },
] as const;

export function servedFeatures(handlers: readonly Handler[]): readonly Feature[] {
  return PROMISES.filter(({ apiKey, apiVersion }) =>
    handlers.some(({ api: { key, versions } }) => key === apiKey && versions.max >= apiVersion),
  ).map(({ feature }) => feature);
}
