/** Decides about blocks of producer ids. An id is never handed out twice (invariant I11): what a stopped broker had left of its block is lost. */
import { assert } from '../base/assert.ts';
import type { Decision } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';

/** As many as Kafka's brokers take at once. */
const BLOCK_SIZE = 1000;

export interface ProducerIdBlock {
  readonly first: number;
  readonly count: number;
}

export function takeProducerIds(image: MetadataImage, nodeId: number): Decision<ProducerIdBlock> {
  const broker = image.brokers.get(nodeId);
  assert(broker !== undefined, 'a broker takes producer ids before it has registered', { nodeId });
  const first = image.nextProducerId;
  const nextProducerId = first + BLOCK_SIZE;
  return {
    records: [{ kind: 'producerIds', brokerId: nodeId, brokerEpoch: broker.epoch, nextProducerId }],
    reply: { first, count: BLOCK_SIZE },
  };
}
