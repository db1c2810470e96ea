/**
 * Backups of a world are made data directories again, and a broker starts on each. One that what made it has not called complete must be refused, or be whole. Owns which of them, and
 * the order of steps; what such a broker must have, the world's own checkers say.
 */
import { DataDirectoryRefused } from '../../src/base/faults.ts';
import { restore } from '../../src/log/local/backup/restore.ts';
import { faultsOf } from '../../src/log/local/check/check-directory.ts';
import { ProducerAudit } from '../../src/partition/producer-audit.ts';
import { checkFiles } from '../checkers/files.ts';
import { type Backup, type Keeper, METADATA_TOPIC } from '../workloads/keeper.ts';
import { violated, type World } from './world.ts';

/** Of those that were made while the world was at work. */
const RESTORED_MAX = 4;

/** `check` is called while a broker runs on what was restored. The world's own broker has stopped. */
export async function checkBackups<M>(
  world: World,
  { backups }: Keeper<M>,
  check: (backup: Backup<M>) => Promise<void>,
): Promise<number> {
  for (const backup of backups.filter(({ end }) => end !== 'complete')) {
    const roots = await restored(world, backup);
    if (roots !== undefined) await startOn(world, roots, () => check(backup));
  }
  const complete = backups.filter(({ end }) => end === 'complete');
  const count = complete.length;
  for (let next = 0; next < Math.min(RESTORED_MAX, count); next += 1) {
    const [backup] = complete.splice(world.random.below(complete.length), 1);
    if (backup === undefined) break;
    const roots = await restored(world, backup);
    if (roots === undefined) return violated(`${backup.target} was complete, and is refused`);
    await startOn(world, roots, () => check(backup));
  }
  return count;
}

type Roots = readonly [string, ...string[]];

/** In one directory or several. Undefined: it was refused. */
async function restored<M>(world: World, { target: backup, end }: Backup<M>): Promise<Roots | undefined> {
  const { random, trace, machine } = world;
  const target = `restored-from-${backup}`;
  const targets: Roots = random.chance(0.7) ? [target] : [target, `${target}-b`, `${target}-c`];
  const disk = machine.diskAlongside();
  const pause = (delayMs: number) => world.sleep(delayMs);
  const newDirectoryId = () => Buffer.from(random.bytes(16)).toString('base64url');
  const options = { backup, targets, metadataTopic: METADATA_TOPIC, newDirectoryId };
  try {
    const { reports } = await restore({ world: { disk, pause }, ...options, audit: () => new ProducerAudit() });
    const [fault] = reports.flatMap(faultsOf);
    if (fault !== undefined) violated(`${fault.file} of ${target} is damaged: ${fault.problem}`);
    trace.add('keeper', `${backup}, which ${end === 'complete' ? 'is complete' : end}, is restored`);
    if (random.chance(0.5)) disk.crash();
    return targets;
  } catch (error) {
    if (!(error instanceof DataDirectoryRefused)) throw error;
    return undefined;
  }
}

async function startOn(world: World, roots: Roots, check: () => Promise<void>): Promise<void> {
  const { machine } = world;
  machine.dataDirs = roots;
  const boot = await machine.boot();
  if (boot.kind === 'refused') violated(`no broker starts on ${roots[0]}: ${boot.error}`);
  await check();
  if (!(await machine.stop())) violated('a clean stop did not end');
  for (const root of roots) await checkFiles(world, root);
}
