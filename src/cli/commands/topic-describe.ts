/** `ottla topic describe` */
import { ConfigSource } from '../../config/describe.ts';
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { describeSettings } from '../config-requests.ts';
import { resourceOf } from '../config-resource.ts';
import { Connection } from '../connection.ts';
import { offsetsOf, partitionsOf } from '../offsets.ts';
import { plural, print, shortUuid, tableText } from '../output.ts';

export function topicDescribe(shell: Shell) {
  return brokerCommand('describe', shell)
    .description('show the partitions, offsets and settings of a topic')
    .argument('<topic>', 'name')
    .addHelpText('after', example('ottla topic describe orders'))
    .action(async (topic, flags) => {
      const described = await new Connection(shell, flags).admin(async (admin) => {
        const metadata = await admin.metadata({ topics: [topic], autocreateTopics: false, forceUpdate: true });
        const wanted = partitionsOf(metadata, [topic]);
        const earliest = await offsetsOf(admin, wanted, 'earliest');
        const latest = await offsetsOf(admin, wanted, 'latest');
        const settings = await describeSettings(admin, resourceOf('topic', topic), { includeDocumentation: false });
        const partitions = (metadata.topics.get(topic)?.partitions ?? []).map((partition, index) => ({
          partition: index,
          leader: partition.leader,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicas,
          isr: partition.isr,
          earliest: earliest.get(topic, index),
          latest: latest.get(topic, index),
        }));
        const own = settings.filter((config) => config.configSource === ConfigSource.TOPIC);
        return {
          topic,
          topicId: shortUuid(metadata.topics.get(topic)?.id ?? ''),
          partitions,
          settings: Object.fromEntries(own.map(({ name, value }) => [name, value])),
        };
      });
      await print(shell, flags, described, () => text(described));
    });
}

interface DescribedTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly leader: number;
    readonly leaderEpoch: number;
    readonly replicas: readonly number[];
    readonly isr: readonly number[];
    readonly earliest: bigint | undefined;
    readonly latest: bigint | undefined;
  }[];
  readonly settings: Readonly<Record<string, string | null | undefined>>;
}

function text(described: DescribedTopic): string {
  const settings = Object.entries(described.settings).map(([name, value]) => `  ${name}=${value}\n`);
  const partitions = tableText({
    columns: ['partition', 'leader', 'epoch', 'replicas', 'isr', 'earliest', 'latest'],
    rows: described.partitions.map((row) => [
      row.partition,
      row.leader,
      row.leaderEpoch,
      row.replicas.join(','),
      row.isr.join(','),
      row.earliest,
      row.latest,
    ]),
  });
  return [
    `${described.topic} (${described.topicId}), ${plural(described.partitions.length, 'partition')}\n`,
    settings.length === 0 ? 'all settings are the defaults\n' : 'own settings:\n',
    ...settings,
    partitions,
  ].join('');
}
