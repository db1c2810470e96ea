/** `ottla backup` */
import { resolve, sep } from 'node:path';
import { backUp } from '../../log/local/backup/back-up.ts';
import type { BackupManifest } from '../../log/local/backup/manifest.ts';
import { metadataLogId } from '../../metadata/engine-metadata-log.ts';
import type { Shell } from '../../platform/shell.ts';
import { example, plainCommand } from '../command.ts';
import { dataFailure } from '../data-failure.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { plural, print } from '../output.ts';

export function backup(shell: Shell) {
  return plainCommand('backup', shell)
    .description('copy the data of a broker, which may be running, as of one moment')
    .argument('<directory>', 'where the backup goes: a directory that is new or empty')
    .option('--data-dir <directories>', "the broker's data directories, all of them: DIR,...", './ottla-data')
    .option('--json', 'print JSON instead of a sentence')
    .addHelpText('after', example('ottla backup /backups/monday --data-dir /var/lib/ottla'))
    .action(async (directory, flags) => {
      const roots = flags.dataDir.split(',').map((root) => resolve(root.trim()));
      const target = resolve(directory);
      const around = roots.find((root) => target === root || target.startsWith(root + sep));
      if (around !== undefined) {
        throw new CommandFailure(ExitCode.USAGE, `the backup ${target} would be in the data directory ${around}`);
      }
      const manifest = await make(shell, roots, target);
      await print(shell, flags, asJson(target, manifest), () => asText(target, manifest));
    });
}

async function make(shell: Shell, roots: readonly string[], target: string): Promise<BackupManifest> {
  const [{ NodeDisk }, { nodeRandom }] = await Promise.all([
    import('../../platform/node-disk.ts'),
    import('../../platform/node-random.ts'),
  ]);
  const world = { disk: new NodeDisk(), pause: (delayMs: number) => shell.wait(delayMs) };
  const { topic: metadataTopic } = metadataLogId;
  try {
    return await backUp({
      world,
      roots,
      target,
      metadataTopic,
      now: () => shell.now(),
      newId: () => Buffer.from(nodeRandom.bytes(16)).toString('hex'),
    });
  } catch (error) {
    throw dataFailure(error);
  }
}

function summaryOf({ cutMs, logs }: BackupManifest) {
  const files = logs.flatMap((log) => log.files);
  const bytesOf = (isLinked: boolean) =>
    files.reduce((sum, file) => (file.isLinked === isLinked ? sum + file.bytes : sum), 0);
  return { cutMs, logs: logs.length, files: files.length, copiedBytes: bytesOf(false), sharedBytes: bytesOf(true) };
}

function asJson(directory: string, manifest: BackupManifest): object {
  const { cutMs, ...summary } = summaryOf(manifest);
  return { directory, cutTime: new Date(cutMs).toISOString(), ...summary };
}

function asText(directory: string, manifest: BackupManifest): string {
  const { cutMs, logs, copiedBytes, sharedBytes } = summaryOf(manifest);
  const shared = sharedBytes === 0 ? '' : ` and ${sharedBytes} shared with the data directory`;
  return `${plural(logs, 'partition')} as of ${new Date(cutMs).toISOString()} in ${directory}: ${copiedBytes} bytes copied${shared}\n`;
}
