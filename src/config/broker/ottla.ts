/** What Apache Kafka does not have. Not part of DescribeConfigs as long as nobody set it, so that answers look like Kafka's. */
import { boolean, long, string } from '../setting.ts';

export const ottlaSettings = {
  durability: string('sync', {
    importance: 'high',
    oneOf: ['sync', 'os'],
    internal: true,
    effect:
      '`sync`: acks=all is answered when the records are on stable storage. `os`: when the operating system has them, as in Apache Kafka with its default settings.',
  }),
  'memory.max.bytes': long(1_073_741_824, {
    importance: 'high',
    min: 1_048_576,
    internal: true,
    effect: 'Bytes of all logs together when they are kept in memory; a produce request beyond it is refused.',
  }),
  'replication.factor.strict': boolean(false, {
    internal: true,
    effect:
      'A topic may only ask for as many replicas as there are brokers. Otherwise any number is accepted and one is kept.',
  }),
};
