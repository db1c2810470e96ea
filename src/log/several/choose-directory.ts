/**
 * Which data directory a new log goes to: the one with the most free bytes per log that it would then have. Directories of one size are filled evenly,
 * as in Apache Kafka (which takes the one with the fewest logs); a larger or emptier one takes more, and one that is nearly full takes none.
 */

export interface DirectoryChoice {
  readonly usableBytes: number;
  /** Logs that live there now. */
  readonly logs: number;
}

/** The first of equals; undefined when there is none to choose from. */
export function chooseDirectory<T extends DirectoryChoice>(choices: readonly T[]): T | undefined {
  let best: T | undefined;
  for (const choice of choices) {
    if (best === undefined || bytesPerLog(choice) > bytesPerLog(best)) best = choice;
  }
  return best;
}

function bytesPerLog({ usableBytes, logs }: DirectoryChoice): number {
  return usableBytes / (logs + 1);
}
