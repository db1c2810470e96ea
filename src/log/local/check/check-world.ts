/** What a check needs of the world: less than a broker does, and a way to wait that keeps a command alive. */
import type { Disk } from '../../../base/env.ts';

export interface CheckWorld {
  readonly disk: Disk;
  readonly pause: (delayMs: number) => Promise<void>;
}
