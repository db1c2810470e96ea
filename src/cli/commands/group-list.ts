/** `ottla group list` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { print, tableText } from '../output.ts';

export function groupList(shell: Shell) {
  return brokerCommand('list', shell)
    .description('list the groups')
    .addHelpText('after', example('ottla group list'))
    .action(async (flags) => {
      const found = await new Connection(shell, flags).admin((admin) => admin.listGroups());
      const groups = [...found.values()]
        .map(({ id, state, groupType, protocolType }) => ({
          group: id,
          state,
          type: groupType,
          protocol: protocolType,
        }))
        .toSorted((left, right) => (left.group < right.group ? -1 : 1));
      await print(shell, flags, groups, () =>
        groups.length === 0
          ? 'no groups\n'
          : tableText({
              columns: ['group', 'state', 'type', 'protocol'],
              rows: groups.map(({ group, state, type, protocol }) => [group, state, type, protocol]),
            }),
      );
    });
}
