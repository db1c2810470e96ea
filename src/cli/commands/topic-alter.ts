/** `ottla topic alter` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { changeSettings } from '../config-requests.ts';
import { resourceOf } from '../config-resource.ts';
import { Connection } from '../connection.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { print } from '../output.ts';
import { assignments, names, positiveNumber } from '../values.ts';

export function topicAlter(shell: Shell) {
  return brokerCommand('alter', shell)
    .description('add partitions to a topic, change its settings')
    .argument('<topic>', 'name')
    .option('-p, --partitions <count>', 'partitions that it shall have; they never become fewer', positiveNumber)
    .option('-c, --config <name=value>', 'set a setting; may be repeated', assignments)
    .option('-d, --delete-config <name>', 'take a setting back to its default; may be repeated', names)
    .addHelpText('after', example('ottla topic alter orders --partitions 12 --config cleanup.policy=compact'))
    .action(async (topic, flags) => {
      const { partitions, config: set = [], deleteConfig: unset = [] } = flags;
      const changesSettings = set.length + unset.length > 0;
      if (partitions === undefined && !changesSettings) {
        throw new CommandFailure(ExitCode.USAGE, 'nothing to alter: give --partitions, --config or --delete-config');
      }
      await new Connection(shell, flags).admin(async (admin) => {
        if (partitions !== undefined) await admin.createPartitions({ topics: [{ name: topic, count: partitions }] });
        if (changesSettings) await changeSettings(admin, resourceOf('topic', topic), { set, unset });
      });
      await print(shell, flags, { topic, altered: true }, () => `altered ${topic}\n`);
    });
}
