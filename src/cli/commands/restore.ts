/** `ottla restore` */
import { resolve } from 'node:path';
import { type Restored, restore as restoreBackup } from '../../log/local/backup/restore.ts';
import { faultCountOf, faultsOf } from '../../log/local/check/check-directory.ts';
import { ProducerAudit } from '../../partition/producer-audit.ts';
import type { Shell } from '../../platform/shell.ts';
import { example, plainCommand } from '../command.ts';
import { dataFailure } from '../data-failure.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { plural, print } from '../output.ts';
import { faultTable } from './log-check.ts';

export function restore(shell: Shell) {
  return plainCommand('restore', shell)
    .description('make a data directory of a backup, and verify it')
    .argument('<backup>', 'the backup')
    .argument('<directory>', 'the data directory to make: one that is new or empty')
    .option('--json', 'print JSON instead of a sentence')
    .addHelpText('after', example('ottla restore /backups/monday /var/lib/ottla'))
    .action(async (backup, directory, flags) => {
      const target = resolve(directory);
      const restored = await make(shell, resolve(backup), target);
      await print(shell, flags, asJson(target, restored), () => asText(target, restored));
      // The output has said it all.
      if (faultCountOf(restored.report) > 0) throw new CommandFailure(ExitCode.DAMAGED, '');
    });
}

async function make(shell: Shell, backup: string, target: string): Promise<Restored> {
  const { NodeDisk } = await import('../../platform/node-disk.ts');
  const world = { disk: new NodeDisk(), pause: (delayMs: number) => shell.wait(delayMs) };
  try {
    return await restoreBackup({ world, backup, target, audit: () => new ProducerAudit() });
  } catch (error) {
    throw dataFailure(error);
  }
}

function summaryOf({ manifest, report }: Restored) {
  const records = report.logs.reduce((sum, log) => sum + log.records, 0);
  const bytes = report.logs.reduce((sum, log) => sum + log.bytes, 0);
  return { cutTime: new Date(manifest.cutMs).toISOString(), logs: report.logs.length, records, bytes };
}

function asJson(directory: string, restored: Restored): object {
  const { report } = restored;
  return { directory, ...summaryOf(restored), faultCount: faultCountOf(report), faults: faultsOf(report) };
}

function asText(directory: string, restored: Restored): string {
  const { cutTime, logs, records, bytes } = summaryOf(restored);
  const count = faultCountOf(restored.report);
  const content = `${plural(logs, 'partition')} as of ${cutTime} in ${directory}: ${plural(records, 'record')}, ${bytes} bytes`;
  if (count === 0) return `${content}: all is well\n`;
  return `${faultTable(restored.report)}${content}: ${plural(count, 'fault')}; the backup is damaged, and no broker starts on ${directory}\n`;
}
