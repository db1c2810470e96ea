/** Checks that the records of one idempotent producer's session are in a log in the order in which they were sent, none twice and, where nothing may vanish, none missing between two. */
import { violated } from '../world/world.ts';
import { ONCE } from './partition-truth.ts';

/** `found`: the ids of a partition's records in the order of their offsets, each `once/producer/session/number` or of another kind. */
export function checkOrder(
  partition: string,
  found: Iterable<string>,
  { mayHaveGaps }: { mayHaveGaps: boolean },
): void {
  const last = new Map<string, number>();
  for (const id of found) {
    const [kind, producer, session, text] = id.split('/');
    if (kind !== ONCE) continue;
    const key = `${producer}/${session}`;
    const number = Number(text);
    const before = last.get(key);
    if (before !== undefined && number <= before) violated(`${partition}: ${id} comes after number ${before}`);
    if (before !== undefined && !mayHaveGaps && number !== before + 1) {
      violated(`${partition}: ${id} follows number ${before}; what was between them is missing`);
    }
    last.set(key, number);
  }
}
