/** `ottla group delete` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { print } from '../output.ts';

export function groupDelete(shell: Shell) {
  return brokerCommand('delete', shell)
    .description('forget groups that have no members, with what they committed')
    .argument('<groups...>', 'ids')
    .addHelpText('after', example('ottla group delete billing'))
    .action(async (groups, flags) => {
      await new Connection(shell, flags).admin((admin) => admin.deleteGroups({ groups }));
      await print(shell, flags, { deleted: groups }, () => groups.map((group) => `deleted ${group}\n`).join(''));
    });
}
