/** `ottla topic list` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { print, tableText } from '../output.ts';

export function topicList(shell: Shell) {
  return brokerCommand('list', shell)
    .description('list the topics')
    .option('--internal', "also those that are the broker's own")
    .addHelpText('after', example('ottla topic list'))
    .action(async (flags) => {
      const topics = await new Connection(shell, flags).admin(async (admin) => {
        const names = await admin.listTopics({ includeInternals: flags.internal ?? false });
        const metadata = await admin.metadata({ topics: names, forceUpdate: true });
        return names.toSorted().map((topic) => {
          const partitions = metadata.topics.get(topic)?.partitions ?? [];
          return { topic, partitions: partitions.length, replicas: partitions[0]?.replicas.length ?? 0 };
        });
      });
      await print(shell, flags, topics, () =>
        topics.length === 0
          ? 'no topics\n'
          : tableText({
              columns: ['topic', 'partitions', 'replicas'],
              rows: topics.map(({ topic, partitions, replicas }) => [topic, partitions, replicas]),
            }),
      );
    });
}
