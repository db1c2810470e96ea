/** Plays many scenarios: groups them by the broker that they need, starts each of these, and plays several scenarios at a time. */
import { Slots } from '../src/base/slots.ts';
import { brokerAt, type StartedBroker, startInProcess, startProcess } from './brokers.ts';
import type { Difference } from './differences.ts';
import { differencesOf, expectedOfOttla } from './expectations.ts';
import { judge } from './judge.ts';
import { playFairly } from './play-fairly.ts';
import { type Played, play } from './player.ts';
import type { Scenario } from './scenario.ts';

export interface RunOptions {
  readonly scenarios: readonly Scenario[];
  /** `HOST:PORT` of a broker that runs already. Undefined: Ottla is started as each scenario needs it. */
  readonly bootstrap: string | undefined;
  /** The broker at `bootstrap` has the settings that scenarios ask for. */
  readonly configured: boolean;
  /** Whether the list of Ottla's differences applies. */
  readonly isOttla: boolean;
  /** Where brokers that are started keep their data, except those that are restarted, which need the disk. */
  readonly store: 'disk' | 'memory';
  /** Scenarios at a time, over all brokers. */
  readonly jobs: number;
  readonly onResult: (result: Result) => void;
}

export interface Result {
  readonly scenario: Scenario;
  readonly kind: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly problems: readonly string[];
  readonly answers: number;
  readonly differences: number;
}

/** Scenarios that can share one broker. */
interface Session {
  readonly scenarios: readonly Scenario[];
  start(): Promise<StartedBroker>;
}

/** Brokers at a time. */
const SESSIONS = 4;

export async function runScenarios(options: RunOptions): Promise<Result[]> {
  const results: Result[] = [];
  const report = (result: Result) => {
    results.push(result);
    options.onResult(result);
  };
  const sessions = options.bootstrap === undefined ? ownSessions(options) : foreignSession(options, report);
  const jobs = new Slots(options.jobs);
  await eachOf(sessions, SESSIONS, (session) => playSession(session, { jobs, report, options }));
  return results;
}

async function playSession(
  session: Session,
  { jobs, report, options }: { jobs: Slots; report: (result: Result) => void; options: RunOptions },
): Promise<void> {
  let broker: StartedBroker;
  try {
    broker = await session.start();
  } catch (error) {
    const problems = [`the broker did not start: ${error instanceof Error ? error.message : String(error)}`];
    for (const scenario of session.scenarios)
      report({ scenario, kind: 'failed', problems, answers: 0, differences: 0 });
    return;
  }
  try {
    await Promise.all(
      session.scenarios.map((scenario) =>
        jobs.run(async () => {
          const differences = options.isOttla ? differencesOf(scenario, options.store) : [];
          const expected = options.isOttla ? expectedOfOttla(scenario, differences) : scenario;
          const played = await playFairly(scenario, () => play(expected, broker));
          report(resultOf(scenario, played, differences));
        }),
      ),
    );
  } finally {
    await broker.stop();
  }
}

function resultOf(scenario: Scenario, played: Played, differences: readonly Difference[]): Result {
  const stale = differences
    .filter((difference) =>
      isStale(scenario, played, { difference, others: differences.filter((each) => each !== difference) }),
    )
    .map(({ step, pointer }) => `step ${step}: the difference listed at ${pointer} is none any more`);
  const problems = [...played.problems, ...stale];
  return {
    scenario,
    kind: problems.length === 0 ? 'passed' : 'failed',
    problems,
    answers: played.steps.length,
    differences: differences.length,
  };
}

/** Whether the step is judged just as well without the difference. */
function isStale(
  scenario: Scenario,
  played: Played,
  { difference, others }: { difference: Difference; others: readonly Difference[] },
): boolean {
  const found = played.steps.find((step) => step.index === difference.step);
  const step = expectedOfOttla(scenario, others).steps[difference.step];
  if (found === undefined || step === undefined || found.verdict.problems.length > 0) return false;
  return judge(step, found.observed, played.variables).problems.length === 0;
}

function ownSessions({ scenarios, store }: RunOptions): Session[] {
  const shared = new Map<string, Scenario[]>();
  const sessions: Session[] = [];
  for (const scenario of scenarios) {
    const settings = scenario.broker ?? {};
    if (scenario.isolate === true) {
      const { directories = 1, steps } = scenario;
      const needsProcess = directories > 1 || steps.some((step) => step.restart !== undefined);
      const start = () => (needsProcess ? startProcess(settings, directories) : startInProcess(settings, store));
      sessions.push({ scenarios: [scenario], start });
      continue;
    }
    const key = JSON.stringify(Object.entries(settings).sort());
    const sharing = shared.get(key);
    if (sharing === undefined) shared.set(key, [scenario]);
    else sharing.push(scenario);
  }
  const together = [...shared.values()].map((each) => ({
    scenarios: each,
    start: () => startInProcess(each[0]?.broker ?? {}, store),
  }));
  // The large ones first, so that nothing long is left at the end.
  return [...together, ...sessions].sort((left, right) => right.scenarios.length - left.scenarios.length);
}

function foreignSession(options: RunOptions, report: (result: Result) => void): Session[] {
  const playable = (scenario: Scenario) =>
    scenario.isolate !== true &&
    scenario.listeners === undefined &&
    (scenario.broker === undefined || options.configured);
  for (const scenario of options.scenarios.filter((each) => !playable(each))) {
    const problems = ['it needs a broker with settings or a life of its own'];
    report({ scenario, kind: 'skipped', problems, answers: 0, differences: 0 });
  }
  return [
    {
      scenarios: options.scenarios.filter(playable),
      start: async () => brokerAt(options.bootstrap ?? ''),
    },
  ];
}

/** Runs `work` for every item, at most `count` at a time, in the order of the items. */
async function eachOf<T>(items: readonly T[], count: number, work: (item: T) => Promise<void>): Promise<void> {
  const slots = new Slots(count);
  await Promise.all(items.map((item) => slots.run(() => work(item))));
}
