/** Durations as people write them. */

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds, or a number with a unit: `'200ms'`, `'1.5s'`, `'10m'`, `'2h'`, `'7d'`. */
export type Duration = number | `${number}${keyof typeof unitMs}`;

/** Throws a RangeError when it is not a duration. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0) return duration;
  } else {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) ?? [];
    // The pattern has matched one of the units.
    if (amount !== undefined) return Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  throw new RangeError(`${duration} is not a duration such as '200ms', '1.5s', '10m', '2h', '7d'`);
}
