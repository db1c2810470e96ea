/**
 * Backups of a world are made data directories again, and a broker starts on each. One that what made it has not called complete must be refused, or be whole. Owns which of them, and
 * the order of steps; what such a broker must have, the world's own checkers say.
 */
import { DataDirectoryRefused } from '../../src/base/faults.ts';
import { restore } from '../../src/log/local/backup/restore.ts';
import { faultsOf } from '../../src/log/local/check/check-directory.ts';
import { ProducerAudit } from '../../src/partition/producer-audit.ts';
import { checkFiles } from '../checkers/files.ts';
import type { Backup, Keeper } from '../workloads/keeper.ts';
import { violated, type World } from './world.ts';

/** Of those that were made while the world was at work. */
const RESTORED_MAX = 2;

/** `check` is called while a broker runs on what was restored. The world's own broker has stopped. */
export async function checkBackups<M>(
  world: World,
  { backups }: Keeper<M>,
  check: (backup: Backup<M>, root: string) => Promise<void>,
): Promise<number> {
  for (const backup of backups.filter(({ end }) => end !== 'complete')) {
    const root = await restored(world, backup);
    if (root !== undefined) await startOn(world, root, () => check(backup, root));
  }
  const complete = backups.filter(({ end }) => end === 'complete');
  for (let count = 0; count < RESTORED_MAX && complete.length > 0; count += 1) {
    const [backup] = complete.splice(world.random.below(complete.length), 1);
    if (backup === undefined) break;
    const root = await restored(world, backup);
    if (root === undefined) return violated(`${backup.target} was complete, and is refused`);
    await startOn(world, root, () => check(backup, root));
  }
  return backups.filter(({ end }) => end === 'complete').length;
}

/** Undefined: it was refused. */
async function restored<M>(world: World, { target: backup, end }: Backup<M>): Promise<string | undefined> {
  const target = `restored-from-${backup}`;
  const disk = world.machine.diskAlongside();
  const pause = (delayMs: number) => world.sleep(delayMs);
  try {
    const { report } = await restore({ world: { disk, pause }, backup, target, audit: () => new ProducerAudit() });
    const [fault] = faultsOf(report);
    if (fault !== undefined) violated(`${target}/${fault.file} is damaged: ${fault.problem}`);
    world.trace.add('keeper', `${backup}, which ${end}, is restored`);
    if (world.random.chance(0.5)) disk.crash();
    return target;
  } catch (error) {
    if (!(error instanceof DataDirectoryRefused)) throw error;
    return undefined;
  }
}

async function startOn(world: World, root: string, check: () => Promise<void>): Promise<void> {
  const { machine } = world;
  machine.dataDirs = [root];
  const boot = await machine.boot();
  if (boot.kind === 'refused') violated(`no broker starts on ${root}: ${boot.error}`);
  await check();
  if (!(await machine.stop())) violated('a clean stop did not end');
  await checkFiles(world, root);
}
