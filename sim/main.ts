/**
 * Runs simulated worlds beyond those of the normal tests, and ends with 1 when one of them fails: `npm run sim -- --seed 42` replays one and prints what happened in it,
 * `--seeds 1000` tries many, `--minutes 30` goes on for so long. A world is a whole broker with its clients, `--mood broken` takes those of one mood; `--transactions`
 * takes worlds of transactions, `--log` takes lives of a data directory alone.
 */
import { parseArgs } from 'node:util';
import { simulateLog } from './log-simulation.ts';
import { simulate } from './simulate.ts';
import { simulateTransactions } from './simulate-transactions.ts';
import { isMoodName } from './world/mood.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '200' },
    minutes: { type: 'string' },
    mood: { type: 'string' },
    log: { type: 'boolean', default: false },
    transactions: { type: 'boolean', default: false },
  },
});
const { mood } = values;
if (mood !== undefined && !isMoodName(mood)) throw new Error(`no world has the mood ${mood}`);
const run = values.log
  ? simulateLog
  : values.transactions
    ? (seed: number) => simulateTransactions(seed, mood)
    : (seed: number) => simulate(seed, mood);

if (values.seed !== undefined) console.log((await run(Number(values.seed))).trace.join('\n'));
else await runMany(Number(values.from));

async function runMany(from: number): Promise<void> {
  const endMs = performance.now() + Number(values.minutes ?? 0) * 60_000;
  const goesOn = (seed: number) =>
    values.minutes === undefined ? seed < from + Number(values.seeds) : performance.now() < endMs;
  let seed = from;
  for (; goesOn(seed); seed += 1) {
    try {
      await run(seed);
    } catch (error) {
      console.error(`seed ${seed}`);
      throw error;
    }
  }
  console.log(`seeds ${from} to ${seed - 1}: everything that was promised holds`);
}
