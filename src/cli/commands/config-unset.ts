/** `ottla config unset` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { changeSettings } from '../config-requests.ts';
import { resourceArgument, resourceOf } from '../config-resource.ts';
import { Connection } from '../connection.ts';
import { print } from '../output.ts';

export function configUnset(shell: Shell) {
  return brokerCommand('unset', shell)
    .description('take settings back to what they are without you')
    .addArgument(resourceArgument())
    .argument('<name>', 'of the topic, broker, group or subscription; "default" means all brokers')
    .argument('<settings...>', 'names')
    .addHelpText('after', example('ottla config unset topic orders retention.ms'))
    .action(async (kind, name, settings, flags) => {
      await new Connection(shell, flags).admin((admin) =>
        changeSettings(admin, resourceOf(kind, name), { unset: settings }),
      );
      await print(shell, flags, { changed: true }, () => 'changed\n');
    });
}
