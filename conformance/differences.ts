/**
 * Where Ottla deliberately answers differently from Apache Kafka 4.3.1, and why: the only such list. Each place says what Ottla does instead, so
 * a difference is tested as strictly as an agreement; one that is no longer a difference makes the run fail.
 */
import type { Json } from '../src/protocol/json.ts';
import { withValueAt } from './pointer.ts';
import type { Scenario } from './scenario.ts';

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

export const differenceGroups: readonly DifferenceGroup[] = [];

export function differencesOf(scenario: Scenario): Difference[] {
  return differenceGroups.flatMap(({ places }) => places.filter((place) => place.scenario === scenario.name));
}

/** The scenario as Ottla is expected to play it. */
export function withDifferences(scenario: Scenario, differences: readonly Difference[]): Scenario {
  let json = scenario as unknown as Json; // A scenario is JSON; only its type says more.
  for (const { step, pointer, ottla } of differences) json = withValueAt(json, `/steps/${step}${pointer}`, ottla);
  return json as unknown as Scenario;
}
