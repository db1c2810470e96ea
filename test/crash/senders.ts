/** Producers of the npm clients, each as one function: send these values to that partition, and be told the offset of the first. */
import { Producer, stringSerializers } from '@platformatic/kafka';
import type { Kafka } from 'kafkajs';

export interface Sender {
  /** Rejects when the client has given up: nobody knows what is in the log. */
  send(partition: number, values: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

export async function kafkaJsSender(kafka: Kafka, topic: string, idempotent: boolean): Promise<Sender> {
  const producer = kafka.producer(idempotent ? { idempotent, maxInFlightRequests: 1 } : {});
  await producer.connect();
  return {
    async send(partition, values) {
      const [answer] = await producer.send({ topic, messages: values.map((value) => ({ partition, value })) });
      return Number(answer?.baseOffset);
    },
    close: () => producer.disconnect(),
  };
}

export async function platformaticSender(bootstrap: string, topic: string, idempotent: boolean): Promise<Sender> {
  const producer = new Producer({
    clientId: 'crash',
    bootstrapBrokers: [bootstrap],
    retries: 400,
    retryDelay: 50,
    serializers: stringSerializers,
    idempotent,
  });
  return {
    async send(partition, values) {
      const messages = values.map((value) => ({ topic, partition, value }));
      // Without it, a producer that is not idempotent asks for less than durability, whatever its own options say.
      const { offsets } = await producer.send({ messages, acks: -1 });
      return Number(offsets?.[0]?.offset);
    },
    close: () => producer.close(),
  };
}
