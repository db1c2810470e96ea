/** `ottla topic create` */
import { ProtocolError } from '@platformatic/kafka';
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { plural, print, shortUuid } from '../output.ts';
import { assignments, positiveNumber } from '../values.ts';

export function topicCreate(shell: Shell) {
  return brokerCommand('create', shell)
    .description('create topics')
    .argument('<topics...>', 'names')
    .option('-p, --partitions <count>', "partitions of each (the broker's num.partitions)", positiveNumber)
    .option('-r, --replication-factor <count>', "replicas of each (the broker's default)", positiveNumber)
    .option('-c, --config <name=value>', 'a setting of the topics; may be repeated', assignments)
    .option('--if-not-exists', 'a topic that exists is no error')
    .addHelpText('after', example('ottla topic create orders --partitions 6 --config retention.ms=86400000'))
    .action(async (topics, flags) => {
      const created = await new Connection(shell, flags).admin(async (admin) => {
        const results = [];
        for (const topic of topics) {
          try {
            const [result] = await admin.createTopics({
              topics: [topic],
              partitions: flags.partitions ?? -1,
              replicas: flags.replicationFactor ?? -1,
              configs: [...(flags.config ?? [])],
            });
            if (result !== undefined) results.push({ ...result, created: true });
          } catch (error) {
            if (flags.ifNotExists !== true || !alreadyExists(error)) throw error;
            results.push({ name: topic, created: false });
          }
        }
        return results;
      });
      const value = created.map((topic) => ({
        topic: topic.name,
        created: topic.created,
        ...('partitions' in topic
          ? { topicId: shortUuid(topic.id), partitions: topic.partitions, replicas: topic.replicas }
          : {}),
      }));
      await print(shell, flags, value, () => value.map((topic) => sentence(topic)).join(''));
    });
}

function sentence(topic: { readonly topic: string; readonly partitions?: number }): string {
  if (topic.partitions === undefined) return `${topic.topic} exists\n`;
  return `created ${topic.topic} with ${plural(topic.partitions, 'partition')}\n`;
}

function alreadyExists(error: unknown): boolean {
  if (error instanceof ProtocolError) return error['apiId'] === 'TOPIC_ALREADY_EXISTS';
  return error instanceof AggregateError && error.errors.some((member) => alreadyExists(member));
}
