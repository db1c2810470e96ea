/**
 * Runs simulated lives beyond those of the normal tests: `npm run sim -- --seeds 10000` tries many, `npm run sim -- --seed 42` replays one
 * and prints what happened in it. Ends with 1 when a seed fails.
 */
import { parseArgs } from 'node:util';
import { simulateLog } from './log-simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1000' },
  },
});

if (values.seed === undefined) await runMany(Number(values.from), Number(values.seeds));
else console.log((await simulateLog(Number(values.seed))).trace.join('\n'));

async function runMany(from: number, count: number): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) await simulateLog(seed);
  console.log(`${count} lives from seed ${from} on: nothing that was acknowledged is lost, changed or brought back`);
}
