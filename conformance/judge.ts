/** Judges one outcome against one step: did what Apache Kafka did happen? Pure, so that a difference can be tried out against an outcome that is already there. */
import type { Json } from '../src/protocol/json.ts';
import { brief, differencesBetween } from './compare.ts';
import { fieldOf, filteredAt } from './pointer.ts';
import type { Step } from './scenario.ts';
import type { Variables } from './variables.ts';

/** What came, decoded. */
export type Observed =
  | { readonly kind: 'answer'; readonly json: Json; readonly ms: number }
  | { readonly kind: 'undecodable'; readonly reason: string }
  | { readonly kind: 'ended'; readonly reason: string | undefined }
  | { readonly kind: 'nothing' };

/** One sentence per problem. After a problem that is `fatal` the rest of the scenario would only repeat it. */
export interface Verdict {
  readonly problems: readonly string[];
  readonly fatal: boolean;
}

export function judge(step: Step, observed: Observed, variables: Variables): Verdict {
  if (step.expectDisconnect === true) {
    if (observed.kind === 'ended' && observed.reason === undefined) return { problems: [], fatal: false };
    return fatal(`the connection should end, but ${describe(observed)}`);
  }
  if (observed.kind !== 'answer') return fatal(describe(observed));
  if (step.response === undefined) return fatal('nothing is recorded for this step');
  const orders = { ordered: step.ordered ?? [], unordered: step.unordered ?? [] };
  const problems = differencesBetween(step.response, kept(step, observed.json, variables), variables, orders);
  return { problems: [...timing(step, observed.ms), ...problems], fatal: false };
}

/** Drops the elements that the step's `keep` does not name: what others left on the broker. */
export function kept(step: Step, answer: Json, variables: Variables): Json {
  let json = answer;
  for (const [pattern, conditions] of Object.entries(step.keep ?? {})) {
    json = filteredAt(json, pattern, (element) =>
      Object.entries(conditions).every(([name, wanted]) => {
        const value = String(fieldOf(element, name));
        const filled = variables.fill(wanted);
        return Array.isArray(filled) ? filled.map(String).includes(value) : value.startsWith(String(filled));
      }),
    );
  }
  return json;
}

function timing(step: Step, ms: number): string[] {
  const problems: string[] = [];
  if (step.minMs !== undefined && ms < step.minMs)
    problems.push(`answered after ${ms.toFixed()} ms, not before ${step.minMs} is right`);
  if (step.maxMs !== undefined && ms > step.maxMs)
    problems.push(`answered after ${ms.toFixed()} ms, at most ${step.maxMs} is right`);
  return problems;
}

function describe(observed: Observed): string {
  switch (observed.kind) {
    case 'answer':
      return `an answer came: ${brief(observed.json)}`;
    case 'undecodable':
      return `the answer cannot be decoded: ${observed.reason}`;
    case 'ended':
      return observed.reason ?? 'the connection ended without an answer';
    case 'nothing':
      return 'no answer came in time';
  }
}

function fatal(problem: string): Verdict {
  return { problems: [problem], fatal: true };
}
