/** `ottla config set` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { changeSettings } from '../config-requests.ts';
import { resourceArgument, resourceOf } from '../config-resource.ts';
import { Connection } from '../connection.ts';
import { print } from '../output.ts';
import { assignments } from '../values.ts';

export function configSet(shell: Shell) {
  return brokerCommand('set', shell)
    .description('change settings while the broker runs')
    .addArgument(resourceArgument())
    .argument('<name>', 'of the topic, broker, group or subscription; "default" means all brokers')
    .argument('<settings...>', 'NAME=VALUE', assignments)
    .option('--dry-run', 'only ask whether the broker would accept them')
    .addHelpText('after', example('ottla config set topic orders retention.ms=86400000'))
    .action(async (kind, name, settings, flags) => {
      const validateOnly = flags.dryRun ?? false;
      await new Connection(shell, flags).admin((admin) =>
        changeSettings(admin, resourceOf(kind, name), { set: settings, validateOnly }),
      );
      await print(shell, flags, { changed: !validateOnly }, () =>
        validateOnly ? 'accepted (dry run)\n' : 'changed\n',
      );
    });
}
