/** Randomness of the machine: unpredictable, good enough for ids and secrets. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/env.ts';

export const nodeRandom: Random = {
  next: () => Math.random(),
  bytes: (count) => randomFillSync(new Uint8Array(count)),
};
