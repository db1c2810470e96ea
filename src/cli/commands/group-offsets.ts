/** `ottla group offsets` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { committedOffsets } from '../group-offsets.ts';
import { offsetsOf } from '../offsets.ts';
import { print, tableText } from '../output.ts';

export function groupOffsets(shell: Shell) {
  return brokerCommand('offsets', shell)
    .description('show what a group has committed, and how far behind it is')
    .argument('<group>', 'id')
    .addHelpText('after', example('ottla group offsets billing'))
    .action(async (group, flags) => {
      const rows = await new Connection(shell, flags).admin(async (admin) => {
        const committed = await committedOffsets(admin, group);
        const ends = await offsetsOf(admin, committed, 'latest');
        return committed.map(({ topic, partition, offset, metadata }) => {
          const end = ends.get(topic, partition) ?? 0n;
          return { topic, partition, committed: offset, end, lag: end > offset ? end - offset : 0n, metadata };
        });
      });
      const lag = rows.reduce((sum, row) => sum + row.lag, 0n);
      await print(shell, flags, { group, lag, partitions: rows }, () => {
        if (rows.length === 0) return `${group} has committed nothing\n`;
        const table = tableText({
          columns: ['topic', 'partition', 'committed', 'end', 'lag'],
          rows: rows.map((row) => [row.topic, row.partition, row.committed, row.end, row.lag]),
        });
        return `${table}lag of all: ${lag}\n`;
      });
    });
}
