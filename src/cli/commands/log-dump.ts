/** `ottla log dump` */
import { DiskFault } from '../../base/faults.ts';
import type { Shell } from '../../platform/shell.ts';
import { example, plainCommand } from '../command.ts';
import { dumperOf } from '../dump/dump-file.ts';
import { lineText } from '../dump/dump-line.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { jsonText } from '../output.ts';

/** Characters that are printed at once. */
const CHUNK_CHARACTERS = 64 * 1024;

export function logDump(shell: Shell) {
  return plainCommand('dump', shell)
    .description('print what is in files of a data directory: batches and records, indexes, snapshots, checkpoints')
    .argument('<files...>', '.log, .index, .timeindex, .txnindex, .snapshot, checkpoints')
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', example('ottla log dump /var/lib/ottla/__consumer_offsets-0/00000000000000000000.log'))
    .action(async (files, flags) => {
      for (const path of files) await dump(shell, path, flags.json === true);
    });
}

async function dump(shell: Shell, path: string, json: boolean): Promise<void> {
  const { NodeDisk } = await import('../../platform/node-disk.ts');
  const dumper = dumperOf(path);
  if (dumper === undefined) throw new CommandFailure(ExitCode.USAGE, `${path} has no name of a file that can be shown`);
  let text = json ? '' : `${path}\n`;
  try {
    for await (const line of dumper(new NodeDisk())) {
      text += json ? `${jsonText({ file: path, ...line })}\n` : lineText(line);
      if (text.length < CHUNK_CHARACTERS) continue;
      await shell.out(text);
      text = '';
    }
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
    throw new CommandFailure(ExitCode.FAILED, `cannot read ${path}: ${error.kind}`, error);
  }
  await shell.out(text);
}
