/** `ottla group reset` */
import type { Admin } from '@platformatic/kafka';
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { committedOffsets } from '../group-offsets.ts';
import { OffsetTable, offsetsOf, partitionsOf, type TopicPartition } from '../offsets.ts';
import { print, tableText } from '../output.ts';
import { durationMs, names, pointInTimeMs, wholeNumber } from '../values.ts';

type Target =
  | { readonly kind: 'point'; readonly point: 'earliest' | 'latest' | number }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'shift'; readonly by: number };

export function groupReset(shell: Shell) {
  return brokerCommand('reset', shell)
    .description('move the committed offsets of a group that has no members now')
    .argument('<group>', 'id')
    .option('-t, --topic <topic>', 'only this topic (all that the group has committed); may be repeated', names)
    .option('--to-earliest', 'to the beginning')
    .option('--to-latest', 'to the end')
    .option('--to-time <time>', 'to the first record from then on: a date, or milliseconds since 1970', (text) =>
      pointInTimeMs(text, shell.now()),
    )
    .option('--by-duration <duration>', 'to the first record of the last 10m, 2h, 7d', durationMs)
    .option('--to-offset <offset>', 'to this offset', wholeNumber)
    .option('--shift-by <count>', 'so many records on (or, with a minus, back)', wholeNumber)
    .option('--dry-run', 'only show what would be')
    .addHelpText('after', example('ottla group reset billing --topic orders --by-duration 2h --dry-run'))
    .action(async (group, flags) => {
      const target = targetOf(flags, shell.now());
      const moves = await new Connection(shell, flags).admin(async (admin) => {
        await refuseUnlessEmpty(admin, group);
        const planned = await plan(admin, { group, topics: flags.topic, target });
        if (flags.dryRun !== true) await commit(admin, group, planned);
        return planned;
      });
      const dryRun = flags.dryRun ?? false;
      await print(shell, flags, { group, dryRun, partitions: moves }, () => {
        const table = tableText({
          columns: ['topic', 'partition', 'from', 'to'],
          rows: moves.map((move) => [move.topic, move.partition, move.from, move.to]),
        });
        return dryRun ? `${table}nothing was changed (dry run)\n` : table;
      });
    });
}

interface Move extends TopicPartition {
  /** Null when the group had committed nothing. */
  readonly from: bigint | null;
  readonly to: bigint;
}

async function plan(
  admin: Admin,
  wish: { readonly group: string; readonly topics: readonly string[] | undefined; readonly target: Target },
): Promise<readonly Move[]> {
  const committed = await committedOffsets(admin, wish.group);
  const present = new OffsetTable();
  for (const { topic, partition, offset } of committed) present.set(topic, partition, offset);
  const topics = wish.topics ?? [...new Set(committed.map(({ topic }) => topic))];
  if (topics.length === 0) {
    throw new CommandFailure(ExitCode.FAILED, `${wish.group} has committed nothing; name the topics with --topic`);
  }
  const metadata = await admin.metadata({ topics: [...topics], autocreateTopics: false, forceUpdate: true });
  const partitions = partitionsOf(metadata, topics);
  const target = await targetOffsets(admin, { partitions, target: wish.target, present });
  return partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    from: present.get(topic, partition) ?? null,
    to: target.get(topic, partition) ?? 0n,
  }));
}

/** Held within what each log has: a commit outside of it would send consumers to their reset policy. */
async function targetOffsets(
  admin: Admin,
  wish: { readonly partitions: readonly TopicPartition[]; readonly target: Target; readonly present: OffsetTable },
): Promise<OffsetTable> {
  const { partitions, target, present } = wish;
  if (target.kind === 'point') return offsetsOf(admin, partitions, target.point);
  const earliest = await offsetsOf(admin, partitions, 'earliest');
  const latest = await offsetsOf(admin, partitions, 'latest');
  const table = new OffsetTable();
  for (const { topic, partition } of partitions) {
    const first = earliest.get(topic, partition) ?? 0n;
    const end = latest.get(topic, partition) ?? 0n;
    const base = target.kind === 'offset' ? 0n : (present.get(topic, partition) ?? first);
    const wanted = base + BigInt(target.kind === 'offset' ? target.offset : target.by);
    table.set(topic, partition, wanted < first ? first : wanted > end ? end : wanted);
  }
  return table;
}

async function commit(admin: Admin, groupId: string, moves: readonly Move[]): Promise<void> {
  const topics = [...Map.groupBy(moves, ({ topic }) => topic)].map(([name, members]) => ({
    name,
    partitionOffsets: members.map(({ partition, to }) => ({ partition, offset: to })),
  }));
  await admin.alterConsumerGroupOffsets({ groupId, topics });
}

/** The broker would refuse as well, but with a sentence about generations. */
async function refuseUnlessEmpty(admin: Admin, group: string): Promise<void> {
  const found = await admin.listGroups();
  const state = found.get(group)?.state;
  if (state === undefined || state === 'Empty' || state === 'Dead') return;
  throw new CommandFailure(ExitCode.FAILED, `${group} is ${state}: stop its members first`);
}

function targetOf(
  flags: {
    readonly toEarliest?: true | undefined;
    readonly toLatest?: true | undefined;
    readonly toTime?: number | undefined;
    readonly byDuration?: number | undefined;
    readonly toOffset?: number | undefined;
    readonly shiftBy?: number | undefined;
  },
  nowMs: number,
): Target {
  const targets: Target[] = [];
  if (flags.toEarliest === true) targets.push({ kind: 'point', point: 'earliest' });
  if (flags.toLatest === true) targets.push({ kind: 'point', point: 'latest' });
  if (flags.toTime !== undefined) targets.push({ kind: 'point', point: flags.toTime });
  if (flags.byDuration !== undefined) targets.push({ kind: 'point', point: nowMs - flags.byDuration });
  if (flags.toOffset !== undefined) targets.push({ kind: 'offset', offset: flags.toOffset });
  if (flags.shiftBy !== undefined) targets.push({ kind: 'shift', by: flags.shiftBy });
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0) {
    const choices = '--to-earliest, --to-latest, --to-time, --by-duration, --to-offset, --shift-by';
    throw new CommandFailure(ExitCode.USAGE, `say where to, with exactly one of ${choices}`);
  }
  return target;
}
