/** A broker over held logs, with a topic, and the requests about its records that tests send. */
import { present } from '../../base/assert.ts';
import { HeldLogEngine } from '../../partition/held-log.fixture.ts';
import { type ProducedBatch, produced } from '../../partition/partition.fixture.ts';
import { Fetch } from '../../protocol/messages/fetch.ts';
import { Produce } from '../../protocol/messages/produce.ts';
import type { RequestInputOf } from '../../protocol/schema.ts';
import type { RequestContext } from '../handler.ts';
import { fetch } from './fetch.ts';
import { handlerFixture } from './handler-fixture.ts';
import { produce } from './produce.ts';

type FetchRequest = RequestInputOf<typeof Fetch>;
type FetchTopics = NonNullable<FetchRequest['topics']>;

/** The last versions that name topics. */
export const PRODUCE_BY_NAME = 12;
export const FETCH_BY_NAME = 12;

/** `isHeld`: nothing is written or durable before the test says so. */
export async function recordsFixture({
  settings = {},
  partitions = 3,
  isHeld = false,
}: {
  settings?: Readonly<Record<string, string>>;
  partitions?: number;
  isHeld?: boolean;
} = {}) {
  let engine: HeldLogEngine | undefined;
  const fixture = await handlerFixture(settings, (inner) => {
    engine = new HeldLogEngine(inner);
    return isHeld ? engine : inner;
  });
  const { broker, call } = fixture;
  await broker.metadata.createTopics(
    [{ name: 't', numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }],
    { validateOnly: false },
  );
  return {
    ...fixture,
    engine: present(engine, 'the broker has an engine'),
    topicId: present(broker.metadata.image.topicByName('t'), 'the topic was created').id,
    produce: (
      batches: readonly { readonly index: number; readonly batch?: ProducedBatch; readonly topic?: string }[],
      more: { readonly acks?: number; readonly timeoutMs?: number } = {},
      seen: Partial<RequestContext> = {},
    ) =>
      call(
        produce,
        Produce,
        PRODUCE_BY_NAME,
        {
          acks: -1,
          timeoutMs: 5_000,
          topicData: batches.map(({ index, batch, topic = 't' }) => ({
            name: topic,
            partitionData: [{ index, records: produced(batch) }],
          })),
          ...more,
        },
        seen,
      ),
    fetch: (request: FetchRequest, version = FETCH_BY_NAME, seen: Partial<RequestContext> = {}) =>
      call(fetch, Fetch, version, { maxWaitMs: 0, minBytes: 1, ...request }, seen),
  };
}

/** Partitions of `t` from these offsets, by index. */
export function wanted(
  offsets: Readonly<Record<number, number>>,
  more: { readonly partitionMaxBytes?: number; readonly topic?: string; readonly topicId?: string } = {},
): FetchTopics {
  const { partitionMaxBytes = 1_000_000, topic = 't', topicId } = more;
  const partitions = Object.entries(offsets).map(([partition, fetchOffset]) => ({
    partition: Number(partition),
    fetchOffset,
    partitionMaxBytes,
  }));
  return [{ ...(topicId === undefined ? { topic } : { topicId }), partitions }];
}
