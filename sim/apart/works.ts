/** What tests have done in another process (`apart.ts`). Parameters and answers are what JSON can say; what goes wrong is thrown. */
import { simulateLog } from '../log-simulation.ts';
import { type Simulation, simulate } from '../simulate.ts';
import { simulateTransactions } from '../simulate-transactions.ts';
import type { MoodName } from '../world/mood.ts';

export { crashAfterEachKill, crashAtEachCall, findsPlanted } from '../compaction-crash-points.ts';

/** Over the seeds 1 to `seeds`. */
export async function worlds(seeds: number): Promise<{ ends: Record<string, number>; backups: number }> {
  const ends: string[] = [];
  let backups = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const world = await simulate(seed);
    ends.push(...world.ends);
    backups += world.backups;
  }
  return { ends: counted(ends), backups };
}

export async function worldsOfTransactions(
  seeds: number,
  mood: MoodName,
): Promise<{ transactions: number; backups: number }> {
  const sum = { transactions: 0, backups: 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { transactions, backups } = await simulateTransactions(seed, mood);
    sum.transactions += transactions;
    sum.backups += backups;
  }
  return sum;
}

export async function lives(seeds: number): Promise<{ stops: Record<string, number>; compactions: number }> {
  const stops: string[] = [];
  let compactions = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const life = await simulateLog(seed);
    stops.push(...life.stops);
    compactions += life.trace.filter((line) => /^compaction .* leaves [1-9]/.test(line)).length;
  }
  return { stops: counted(stops), compactions };
}

/** Of the same seed, twice. */
export async function tracesOf(
  kind: 'world' | 'transactions' | 'life',
  seed: number,
  mood?: MoodName,
): Promise<[string, string]> {
  const run = (): Promise<Pick<Simulation, 'trace'>> => {
    if (kind === 'life') return simulateLog(seed);
    return kind === 'world' ? simulate(seed, mood) : simulateTransactions(seed, mood);
  };
  return [(await run()).trace.join('\n'), (await run()).trace.join('\n')];
}

function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
