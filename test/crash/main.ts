/**
 * Hunts with dying brokers, and ends with 1 when one breaks a promise: `node test/crash/main.ts --minutes 5` goes on for so long, half of the time with power
 * losses, half with kills; `--seed N` begins with another one, `--death kill` or `--death power` takes one kind only.
 */
import { parseArgs } from 'node:util';
import { crashRounds } from './crash-rounds.ts';
import { whyNoPowerLoss } from './stable-storage.ts';

const ROUNDS = 12;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    death: { type: 'string' },
  },
});
const endMs = performance.now() + Number(values.minutes) * 60_000;
const isTimeUp = () => performance.now() >= endMs;
const missing = whyNoPowerLoss();
if (missing !== false) console.log(`NO POWER LOSSES: ${missing}`);
const all = missing === false ? (['power', 'kill'] as const) : (['kill'] as const);
const deaths = all.filter((death) => values.death === undefined || values.death === death);
if (deaths.length === 0) throw new Error(`nothing to do for --death ${values.death}`);

for (let seed = Number(values.seed); !isTimeUp(); seed += 1) {
  for (const death of deaths) {
    console.log(`seed ${seed}, ${death}`);
    const report = await crashRounds({ seed, death, isOver: (rounds) => rounds >= ROUNDS || isTimeUp() });
    console.log(report);
  }
}
