/** `ottla status` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { plural, print, tableText } from '../output.ts';

export function status(shell: Shell) {
  return brokerCommand('status', shell)
    .description('show the brokers and what they hold; fails when none answers')
    .addHelpText('after', example('ottla status --bootstrap-server localhost:9092'))
    .action(async (flags) => {
      const startMs = shell.sinceStartMs();
      const found = await new Connection(shell, flags).admin(async (admin) => {
        const metadata = await admin.metadata({ topics: [], forceUpdate: true });
        const answerMs = Math.round(shell.sinceStartMs() - startMs);
        const topics = await admin.listTopics({ includeInternals: false });
        const { topics: details } = await admin.metadata({ topics, forceUpdate: true });
        const groups = await admin.listGroups();
        const partitions = topics.reduce((sum, topic) => sum + (details.get(topic)?.partitions.length ?? 0), 0);
        return {
          clusterId: metadata.id,
          brokers: [...metadata.brokers].map(([nodeId, { host, port }]) => ({ nodeId, host, port })),
          topics: topics.length,
          partitions,
          groups: groups.size,
          answerMs,
        };
      });
      await print(shell, flags, found, () =>
        [
          `cluster ${found.clusterId}, answered after ${found.answerMs} ms\n`,
          `${plural(found.topics, 'topic')}, ${plural(found.partitions, 'partition')}, ${plural(found.groups, 'group')}\n`,
          tableText({
            columns: ['broker', 'address'],
            rows: found.brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]),
          }),
        ].join(''),
      );
    });
}
