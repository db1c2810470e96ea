/** Checks that the broker itself has not told of a loss: the simulated disk keeps all that was synced, and what rots on it is derived. */
import type { Trace } from '../world/trace.ts';
import { violated } from '../world/world.ts';

const LOSSES = [
  'acknowledged records are lost: they were on the disk and are not any more',
  'a part of a log cannot be read: its bytes are damaged',
  'records are missing in a segment: readers go on behind them',
];

export function checkToldLosses({ lines }: Trace): void {
  const told = lines.find((line) => LOSSES.some((loss) => line.includes(loss)));
  if (told !== undefined) violated(`the broker says: ${told}`);
}
