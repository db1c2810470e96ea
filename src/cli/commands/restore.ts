/** `ottla restore` */
import { resolve } from 'node:path';
import { type Restored, restore as restoreBackup } from '../../log/local/backup/restore.ts';
import { faultCountOf, faultsOf } from '../../log/local/check/check-directory.ts';
import { metadataLogId } from '../../metadata/engine-metadata-log.ts';
import { ProducerAudit } from '../../partition/producer-audit.ts';
import type { Shell } from '../../platform/shell.ts';
import { example, plainCommand } from '../command.ts';
import { dataFailure } from '../data-failure.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { plural, print } from '../output.ts';
import { faultTable } from './log-check.ts';

export function restore(shell: Shell) {
  return plainCommand('restore', shell)
    .description('make the data directories of a broker of a backup, and verify them')
    .argument('<backup>', 'the backup')
    .argument('<directories>', 'the data directories to make, each new or empty: DIR,...; the first gets the metadata')
    .option('--json', 'print JSON instead of a sentence')
    .addHelpText('after', example('ottla restore /backups/monday /var/lib/ottla'))
    .action(async (backup, directories, flags) => {
      const [first = '', ...others] = directories.split(',').map((directory) => resolve(directory.trim()));
      const restored = await make(shell, resolve(backup), [first, ...others]);
      await print(shell, flags, asJson(restored), () => asText(restored));
      // The output has said it all.
      if (faultCount(restored) > 0) throw new CommandFailure(ExitCode.DAMAGED, '');
    });
}

async function make(shell: Shell, backup: string, targets: readonly [string, ...string[]]): Promise<Restored> {
  const [{ NodeDisk }, { nodeRandom }] = await Promise.all([
    import('../../platform/node-disk.ts'),
    import('../../platform/node-random.ts'),
  ]);
  const world = { disk: new NodeDisk(), pause: (delayMs: number) => shell.wait(delayMs) };
  const { topic: metadataTopic } = metadataLogId;
  const newDirectoryId = () => Buffer.from(nodeRandom.bytes(16)).toString('base64url');
  try {
    const audit = () => new ProducerAudit();
    return await restoreBackup({ world, backup, targets, metadataTopic, audit, newDirectoryId });
  } catch (error) {
    throw dataFailure(error);
  }
}

function faultCount({ reports }: Restored): number {
  return reports.reduce((sum, report) => sum + faultCountOf(report), 0);
}

function summaryOf({ manifest, reports }: Restored) {
  const logs = reports.flatMap((report) => report.logs);
  const records = logs.reduce((sum, log) => sum + log.records, 0);
  const bytes = logs.reduce((sum, log) => sum + log.bytes, 0);
  return { cutTime: new Date(manifest.cutMs).toISOString(), logs: logs.length, records, bytes };
}

function asJson(restored: Restored): object {
  const { reports } = restored;
  const directories = reports.map(({ root }) => root);
  const faults = reports.flatMap((report) => faultsOf(report).map((fault) => ({ directory: report.root, ...fault })));
  return { directories, ...summaryOf(restored), faultCount: faultCount(restored), faults };
}

function asText(restored: Restored): string {
  const { cutTime, logs, records, bytes } = summaryOf(restored);
  const { reports } = restored;
  const count = faultCount(restored);
  const directories = reports.map(({ root }) => root).join(', ');
  const content = `${plural(logs, 'partition')} as of ${cutTime} in ${directories}: ${plural(records, 'record')}, ${bytes} bytes`;
  if (count === 0) return `${content}: all is well\n`;
  const damaged = reports.filter((report) => faultCountOf(report) > 0);
  return `${damaged.map((report) => `${report.root}:\n${faultTable(report)}`).join('')}${content}: ${plural(count, 'fault')}; the backup is damaged, and no broker starts on ${directories}\n`;
}
