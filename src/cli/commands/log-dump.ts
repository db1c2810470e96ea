/** `ottla log dump` */
import { DiskFault } from '../../base/faults.ts';
import type { Shell } from '../../platform/shell.ts';
import { example, plainCommand } from '../command.ts';
import { journalledBeyond } from '../dump/beyond-segments.ts';
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
  const world = { disk: new NodeDisk(), pause: (delayMs: number) => shell.wait(delayMs) };
  const dumper = dumperOf(path);
  if (dumper === undefined) throw new CommandFailure(ExitCode.USAGE, `${path} has no name of a file that can be shown`);
  let text = json ? '' : `${path}\n`;
  let endOffset: number | undefined;
  try {
    for await (const line of dumper(world.disk)) {
      if (line.kind === 'batch') endOffset = Number(line['lastOffset']) + 1;
      text += json ? `${jsonText({ file: path, ...line })}\n` : lineText(line);
      if (text.length < CHUNK_CHARACTERS) continue;
      await shell.out(text);
      text = '';
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  await shell.out(text);
  const journalledTo = await journalledBeyond(world, path, endOffset).catch((error: unknown) => {
    throw unreadable(`the journal beside ${path}`, error);
  });
  if (journalledTo === undefined) return;
  const ending = endOffset === undefined ? 'has nothing yet' : `ends before offset ${endOffset}`;
  shell.error(`${path} ${ending}: the journal has the log up to offset ${journalledTo - 1}. ${WHEN}\n`);
}

const WHEN =
  'A broker that runs adds it to the segments within half a minute, or when it stops; else the next start does.';

function unreadable(what: string, error: unknown): unknown {
  if (!(error instanceof DiskFault)) return error;
  return new CommandFailure(ExitCode.FAILED, `cannot read ${what}: ${error.kind}`, error);
}
