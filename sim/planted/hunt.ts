/** A process of its own: `node sim/planted/hunt.ts NAME` plants the bug and prints the first seed that finds it, and what was found. Ends with 1 when none does. */
import { plant } from './plant.ts';
import { plantedBugs } from './planted-bugs.ts';

const [name] = process.argv.slice(2);
const bug = plantedBugs.find((planted) => planted.name === name);
if (bug === undefined) throw new Error(`no planted bug is called ${name}`);
plant(bug);
// Loaded now, so that the hook sees it.
const { simulate } =
  bug.world === 'transactions'
    ? { simulate: (await import('../simulate-transactions.ts')).simulateTransactions }
    : await import('../simulate.ts');
const { Violation } = await import('../world/world.ts');

for (let seed = 1; seed <= bug.seeds; seed += 1) {
  try {
    await simulate(seed, bug.mood);
  } catch (error) {
    // Anything else is a bug of the simulation, or of the planting.
    if (!(error instanceof Error && error.cause instanceof Violation)) throw error;
    console.log(`${seed}: ${error.cause}`);
    process.exit(0);
  }
}
console.log(`not found in ${bug.seeds} worlds`);
process.exit(1);
