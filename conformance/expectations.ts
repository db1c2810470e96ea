/** A scenario as Ottla is expected to play it: what Apache Kafka did, but for the listed differences. */
import type { Json } from '../src/protocol/json.ts';
import { type Difference, differenceGroups, unplayedSteps, unservedApis } from './differences.ts';
import { apiNamed } from './messages.ts';
import { fieldOf, filteredAt, withValueAt } from './pointer.ts';
import type { Scenario, Step } from './scenario.ts';

const UNSERVED: ReadonlySet<string> = new Set(unservedApis.flatMap(({ apis }) => apis));

export function differencesOf(scenario: Scenario, store: 'disk' | 'memory'): Difference[] {
  return differenceGroups
    .flatMap(({ places }) => places)
    .filter((place) => place.scenario === scenario.name && (place.store === undefined || place.store === store));
}

export function expectedOfOttla(scenario: Scenario, differences: readonly Difference[]): Scenario {
  const end = unplayedSteps.find((each) => each.scenario === scenario.name)?.fromStep;
  const served = { ...scenario, steps: scenario.steps.slice(0, end).map(withoutUnservedApis) };
  let json = served as unknown as Json; // A scenario is JSON; only its type says more.
  for (const { step, pointer, ottla } of differences) json = withValueAt(json, `/steps/${step}${pointer}`, ottla);
  return json as unknown as Scenario;
}

/** A call of an API that is not served ends the connection, and what is served is told without it. */
function withoutUnservedApis(step: Step): Step {
  const { api, response } = step;
  if (api === 'ApiVersions' && response !== undefined) {
    const unserved = new Set([...UNSERVED].map((name) => apiNamed(name).key));
    const isServed = (row: Json) => !unserved.has(Number(fieldOf(row, 'apiKey')));
    return { ...step, response: filteredAt(response, '/apiKeys', isServed) };
  }
  if (api === undefined || !UNSERVED.has(api) || response === undefined) return step;
  const { response: _answer, save: _save, retryUntil: _until, retryWhile: _while, ...call } = step;
  return { ...call, expectDisconnect: true };
}
