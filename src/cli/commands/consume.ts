/** `ottla consume` */
import type { Admin } from '@platformatic/kafka';
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { type ConsumedRecord, defaultFormat, formatHelp, recordFormatter, recordJson } from '../format.ts';
import { commitAfter, readAsGroup } from '../group-reader.ts';
import { OffsetTable, offsetsOf, partitionsOf, type TopicPartition } from '../offsets.ts';
import { readPartitions } from '../partition-reader.ts';
import { names, pointInTimeMs, positiveNumber, wholeNumber } from '../values.ts';

/** How many printed records may go uncommitted: what a group reads again after a crash. */
const recordsPerCommit = 1_000;

export function consume(shell: Shell) {
  return brokerCommand('consume', shell)
    .description('print records: all that are there now, or from now on with --follow')
    .argument('<topics...>', 'names')
    .option('--from-beginning', 'with --follow too, begin with the first record')
    .option('-o, --offset <offset>', 'begin at this offset; a negative one counts from the end', wholeNumber)
    .option(
      '-t, --from-time <time>',
      'begin with the first record from then on: a date, 1970 milliseconds, 10m ago',
      (text) => pointInTimeMs(text, shell.now()),
    )
    .option('-p, --partition <number>', 'only this partition; may be repeated', names)
    .option('-g, --group <id>', 'share the work with the members of this group, and commit what was printed')
    .option('-n, --count <count>', 'end after so many records', positiveNumber)
    .option('-f, --follow', 'wait for more until interrupted')
    .option('-F, --format <format>', 'how a record is printed', defaultFormat)
    .option('--uncommitted', 'also records of open and aborted transactions')
    .addHelpText('after', formatHelp)
    .addHelpText(
      'after',
      example(
        'ottla consume orders --follow',
        'ottla consume orders --from-time 10m --format "%p:%o %k=%s\\n"',
        'ottla consume orders --group billing --json | jq .value',
      ),
    )
    .action(async (topics, flags) => {
      const print = printer(flags);
      refuseContradictions(flags);
      const connection = new Connection(shell, flags);
      const signal = shell.interruption();
      const { from, ends, partitions } = await connection.admin((admin) => plan(admin, topics, flags));
      const isEndless = flags.follow === true;
      await connection.consumer(flags.group, async (consumer) => {
        const limits = { ends: isEndless ? undefined : ends, signal };
        const records =
          flags.group === undefined
            ? readPartitions(consumer, { partitions, from, uncommitted: flags.uncommitted ?? false, ...limits })
            : readAsGroup(consumer, { topics, fallback: fallbackOf(flags), ...limits });
        let left = flags.count ?? Number.POSITIVE_INFINITY;
        let uncommitted: ConsumedRecord[] = [];
        const commit = async () => {
          if (flags.group !== undefined) await commitAfter(consumer, uncommitted);
          uncommitted = [];
        };
        for await (const arrived of records) {
          const wanted = arrived.slice(0, left);
          left -= wanted.length;
          await shell.out(Buffer.concat(wanted.map(print)));
          uncommitted.push(...wanted);
          if (left === 0) break;
          if (flags.group === undefined || uncommitted.length >= recordsPerCommit) await commit();
        }
        await commit();
      });
    });
}

interface ConsumeFlags {
  readonly fromBeginning?: true | undefined;
  readonly offset?: number | undefined;
  readonly fromTime?: number | undefined;
  readonly partition?: readonly string[] | undefined;
  readonly group?: string | undefined;
  readonly follow?: true | undefined;
  readonly format: string;
  readonly json?: true | undefined;
}

function printer(flags: ConsumeFlags): (record: ConsumedRecord) => Uint8Array {
  if (flags.json === true) return (record) => Buffer.from(recordJson(record));
  const format = recordFormatter(flags.format);
  if (format === undefined)
    throw new CommandFailure(ExitCode.USAGE, `--format ${flags.format} asks for an unknown field`);
  return format;
}

function refuseContradictions(flags: ConsumeFlags): void {
  const starts = [flags.fromBeginning, flags.offset, flags.fromTime].filter((start) => start !== undefined);
  if (starts.length > 1) {
    throw new CommandFailure(ExitCode.USAGE, '--from-beginning, --offset and --from-time exclude each other');
  }
  if (flags.group === undefined) return;
  if (flags.offset !== undefined || flags.fromTime !== undefined || flags.partition !== undefined) {
    const advice = 'a group begins where it left off; "ottla group reset" moves it';
    throw new CommandFailure(ExitCode.USAGE, `--group excludes --offset, --from-time and --partition: ${advice}`);
  }
}

/** What is there now is the default, so a group that is new begins with it too; who only follows wants what comes. */
function fallbackOf(flags: ConsumeFlags): 'earliest' | 'latest' {
  return flags.follow === true && flags.fromBeginning !== true ? 'latest' : 'earliest';
}

interface Plan {
  readonly partitions: readonly TopicPartition[];
  readonly from: OffsetTable;
  readonly ends: OffsetTable;
}

async function plan(admin: Admin, topics: readonly string[], flags: ConsumeFlags): Promise<Plan> {
  const metadata = await admin.metadata({ topics: [...topics], autocreateTopics: false, forceUpdate: true });
  const all = partitionsOf(metadata, topics);
  const chosen = flags.partition?.map((text) => wholeNumber(text));
  const partitions = all.filter(({ partition }) => chosen?.includes(partition) ?? true);
  if (partitions.length === 0) throw new CommandFailure(ExitCode.FAILED, `${topics.join(', ')}: no such partition`);
  const ends = await offsetsOf(admin, partitions, 'latest');
  return { partitions, from: await startOffsets(admin, { partitions, ends, flags }), ends };
}

async function startOffsets(
  admin: Admin,
  wish: { readonly partitions: readonly TopicPartition[]; readonly ends: OffsetTable; readonly flags: ConsumeFlags },
): Promise<OffsetTable> {
  const { partitions, ends, flags } = wish;
  if (flags.fromTime !== undefined) return offsetsOf(admin, partitions, flags.fromTime);
  const earliest = await offsetsOf(admin, partitions, 'earliest');
  const { offset } = flags;
  if (offset === undefined) return fallbackOf(flags) === 'earliest' ? earliest : ends;
  const table = new OffsetTable();
  for (const { topic, partition } of partitions) {
    const first = earliest.get(topic, partition) ?? 0n;
    const end = ends.get(topic, partition) ?? 0n;
    const wanted = offset < 0 ? end + BigInt(offset) : BigInt(offset);
    table.set(topic, partition, wanted < first ? first : wanted > end ? end : wanted);
  }
  return table;
}
