/**
 * Where Ottla deliberately answers differently from Apache Kafka 4.3.1, and why: the only such list. Each place says what Ottla does instead, so
 * a difference is tested as strictly as an agreement; one that is no longer a difference makes the run fail.
 */
import type { Json } from '../src/protocol/json.ts';

export interface DifferenceGroup {
  readonly reason: string;
  readonly places: readonly Difference[];
}

export interface Difference {
  readonly scenario: string;
  /** Index of the step, from 0. */
  readonly step: number;
  /** Into the step, such as `/response/topics/0/errorCode`. */
  readonly pointer: string;
  /** What the step then expects there; undefined: nothing. */
  readonly ottla: Json | undefined;
}

/** APIs that Ottla does not serve: it does not advertise them, and closes the connection of whoever calls them all the same. */
export const unservedApis: ReadonlyMap<string, string> = new Map();

export const differenceGroups: readonly DifferenceGroup[] = [];
