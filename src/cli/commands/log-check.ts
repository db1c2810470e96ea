/** `ottla log check` */
import { DiskFault } from '../../base/faults.ts';
import { checkDirectory, type DirectoryReport, faultCountOf, faultsOf } from '../../log/local/check/check-directory.ts';
import { MetadataTopicAudit } from '../../metadata/topic-audit.ts';
import { ProducerAudit } from '../../partition/producer-audit.ts';
import type { Shell } from '../../platform/shell.ts';
import { example, plainCommand } from '../command.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { plural, print, tableText } from '../output.ts';

/** So many logs that only the journal has are named. */
const LOGS_NAMED = 10;

export function logCheck(shell: Shell) {
  return plainCommand('check', shell)
    .description(
      'verify a data directory, of a broker that is stopped or runs; writes nothing, fails when something is damaged',
    )
    .argument('<directory>', 'the data directory')
    .option('--json', 'print JSON instead of a table')
    .addHelpText('after', example('ottla log check /var/lib/ottla'))
    .action(async (directory, flags) => {
      const report = await check(shell, directory);
      await print(shell, flags, asJson(report), () => asText(report));
      // The output has said it all.
      if (faultCountOf(report) > 0) throw new CommandFailure(ExitCode.DAMAGED, '');
    });
}

async function check(shell: Shell, root: string): Promise<DirectoryReport> {
  const { NodeDisk } = await import('../../platform/node-disk.ts');
  const world = { disk: new NodeDisk(), pause: (delayMs: number) => shell.wait(delayMs) };
  try {
    return await checkDirectory({ world, root, audit: () => new ProducerAudit(), topics: new MetadataTopicAudit() });
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
    throw new CommandFailure(ExitCode.DATA_DIRECTORY, `cannot read ${error.path}: ${error.kind}`, error);
  }
}

function asJson(report: DirectoryReport): object {
  const logs = report.logs.map(({ faults, ...log }) => ({ ...log, faults: faults.count }));
  return {
    directory: report.root,
    cleanStop: report.clean,
    faultCount: faultCountOf(report),
    logs,
    journalOnly: report.journalOnly,
    faults: faultsOf(report),
  };
}

function asText(report: DirectoryReport): string {
  const isContinued = report.logs.some(({ journalEndOffset }) => journalEndOffset !== undefined);
  const columns = [
    'topic',
    'partition',
    'segments',
    'batches',
    'records',
    'bytes',
    'start',
    'end',
    ...(isContinued ? ['journal to'] : []),
    'faults',
  ];
  const rows = report.logs.map((log) => [
    log.topic,
    log.partition,
    log.segments,
    log.batches,
    log.records,
    log.bytes,
    log.startOffset,
    log.endOffset,
    ...(isContinued ? [log.journalEndOffset] : []),
    log.faults.count,
  ]);
  const count = faultCountOf(report);
  const stop = report.clean ? 'stopped cleanly' : 'in use, or not stopped cleanly';
  const summary = `${plural(report.logs.length, 'partition')}, ${stop}: ${count === 0 ? 'all is well' : plural(count, 'fault')}\n`;
  const only = report.journalOnly.length === 0 ? '' : `${journalOnlyText(report.journalOnly)}\n`;
  return tableText({ columns, rows }) + only + (count === 0 ? '' : `\n${faultTable(report)}\n`) + summary;
}

function journalOnlyText(names: readonly string[]): string {
  const some = names.slice(0, LOGS_NAMED).join(', ');
  const rest = names.length > LOGS_NAMED ? ` and ${names.length - LOGS_NAMED} more` : '';
  return `only the journal has ${some}${rest}: made anew by the next start, unless the topic was deleted`;
}

export function faultTable(report: DirectoryReport): string {
  const faults = faultsOf(report);
  const rows = faults.map(({ harm, file, position, offset, problem }) => [harm, file, position, offset, problem]);
  const rest = faultCountOf(report) - faults.length;
  return (
    tableText({ columns: ['harm', 'file', 'position', 'offset', 'problem'], rows }) +
    (rest === 0 ? '' : `and ${rest} more\n`)
  );
}
