/** `ottla config describe` */
import { ConfigSource } from '../../config/describe.ts';
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { describeSettings } from '../config-requests.ts';
import { resourceArgument, resourceOf } from '../config-resource.ts';
import { Connection } from '../connection.ts';
import { print, tableText } from '../output.ts';

const sourceNames: Readonly<Record<number, string>> = {
  [ConfigSource.TOPIC]: 'topic',
  [ConfigSource.BROKER]: 'broker',
  [ConfigSource.CLUSTER_DEFAULT]: 'cluster',
  [ConfigSource.STATIC_BROKER]: 'file',
  [ConfigSource.DEFAULT]: 'default',
  [ConfigSource.CLIENT_METRICS]: 'client-metrics',
  [ConfigSource.GROUP]: 'group',
};

export function configDescribe(shell: Shell) {
  return brokerCommand('describe', shell)
    .description('show settings and where each of them comes from')
    .addArgument(resourceArgument())
    .argument('<name>', 'of the topic, broker, group or subscription; "default" means all brokers')
    .option('-a, --all', 'also those that nobody set')
    .option('-k, --key <text>', 'only names that contain this text')
    .option('--documentation', "with the broker's words on each")
    .addHelpText('after', example('ottla config describe topic orders --all --key retention'))
    .action(async (kind, name, flags) => {
      const includeDocumentation = flags.documentation ?? false;
      const described = await new Connection(shell, flags).admin((admin) =>
        describeSettings(admin, resourceOf(kind, name), { includeDocumentation }),
      );
      const settings = described
        .filter((config) => flags.all === true || config.configSource !== ConfigSource.DEFAULT)
        .filter((config) => config.name.includes(flags.key ?? ''))
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
        .map((config) => ({
          name: config.name,
          value: config.isSensitive ? null : config.value,
          source: sourceNames[config.configSource] ?? String(config.configSource),
          readOnly: config.readOnly,
          sensitive: config.isSensitive,
          ...(includeDocumentation ? { documentation: config.documentation } : {}),
        }));
      await print(shell, flags, settings, () =>
        settings.length === 0
          ? 'nothing is set; --all shows the defaults\n'
          : tableText({
              columns: ['name', 'value', 'source', ...(includeDocumentation ? ['documentation'] : [])],
              rows: settings.map((setting) => [
                setting.name,
                setting.sensitive ? '(hidden)' : setting.value,
                setting.source,
                ...('documentation' in setting ? [plainText(setting.documentation)] : []),
              ]),
            }),
      );
    });
}

/** Apache Kafka documents in HTML. */
function plainText(documentation: string | null | undefined): string {
  return (documentation ?? '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
