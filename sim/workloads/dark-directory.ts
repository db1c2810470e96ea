/** One of several data directories fails for a while, and nothing else does: it takes its own partitions offline, the others must not notice. */
import { checkOtherDirectories } from '../checkers/other-directories.ts';
import type { Client } from '../clients/client.ts';
import type { World } from '../world/world.ts';

/** To be called while the process runs and will not die. The first directory has the metadata log, and stays. */
export async function darkenOne(world: World, client: Client): Promise<void> {
  const { random, machine, schedule, mood } = world;
  if (!mood.goesDark) return;
  const [, ...others] = machine.dataDirs;
  const path = others[random.below(others.length)];
  if (path === undefined || random.chance(0.3)) return;
  // What failed before has been got over by then.
  while (machine.era === undefined) await world.sleep(100);
  machine.faults.begin({ path });
  const untilMs = schedule.monotonicMs() + random.between(300, 4_000);
  while (schedule.monotonicMs() < untilMs) {
    await world.sleep(random.next() * 500);
    await checkOtherDirectories(client, path);
  }
  machine.faults.end();
}
