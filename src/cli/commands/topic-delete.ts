/** `ottla topic delete` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { print } from '../output.ts';

export function topicDelete(shell: Shell) {
  return brokerCommand('delete', shell)
    .description('delete topics with all their records')
    .argument('<topics...>', 'names')
    .option('--if-exists', 'a topic that does not exist is no error')
    .addHelpText('after', example('ottla topic delete orders'))
    .action(async (topics, flags) => {
      const deleted = await new Connection(shell, flags).admin(async (admin) => {
        const present =
          flags.ifExists === true ? new Set(await admin.listTopics({ includeInternals: true })) : undefined;
        const names = topics.filter((topic) => present?.has(topic) ?? true);
        if (names.length > 0) await admin.deleteTopics({ topics: names });
        return names;
      });
      await print(shell, flags, { deleted }, () => deleted.map((topic) => `deleted ${topic}\n`).join(''));
    });
}
