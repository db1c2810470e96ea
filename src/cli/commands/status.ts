/** `ottla status` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { type DataDirectory, dataDirectories } from '../data-directories.ts';
import { plural, print, tableText } from '../output.ts';

export function status(shell: Shell) {
  return brokerCommand('status', shell)
    .description('show the brokers, what they hold and their data directories; fails when none answers')
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
          directories: await dataDirectories(admin),
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
          directoriesText(found.directories),
        ].join(''),
      );
    });
}

function directoriesText(directories: readonly DataDirectory[]): string {
  if (directories.length === 0) return '';
  return tableText({
    columns: ['broker', 'directory', 'state', 'log bytes', 'usable bytes', 'total bytes'],
    rows: directories.map(({ nodeId, path, error, logBytes, usableBytes, totalBytes }) => {
      const state = error === null ? 'online' : `offline (${error})`;
      return [nodeId, path, state, logBytes, usableBytes, totalBytes];
    }),
  });
}
