/**
 * Which broker leads a new partition. A partition has one replica here: what a broker stores is made safe below it (the disk, later the
 * shared store), not by copies on other brokers (decision 0007). Assignments that name more brokers are checked like Kafka's, and the first one leads.
 */
import { assert } from '../base/assert.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { type Refusal, refuse } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';

/** Brokers whose data directories are all cordoned: they get new partitions only where somebody chose them (KIP-1066). */
export type CordonedBrokers = ReadonlySet<number>;

/** What scripts that were written for three brokers ask for. */
const FAMILIAR_REPLICATION_FACTOR = 3;

/** Undefined: some broker takes new partitions. */
export function cordonedProblem(image: MetadataImage, cordoned: CordonedBrokers): Refusal | undefined {
  if (takers(image, cordoned).length > 0) return undefined;
  const why = 'All brokers are currently fenced, or have all their log directories cordoned.';
  return refuse(ErrorCode.INVALID_REPLICATION_FACTOR, why);
}

/** Undefined: this many replicas may be asked for. `strict` allows as many as there are brokers, as Kafka does. */
export function replicationFactorProblem(
  image: MetadataImage,
  replicationFactor: number,
  strict: boolean,
): Refusal | undefined {
  const brokers = image.brokers.size;
  const max = strict ? brokers : Math.max(brokers, FAMILIAR_REPLICATION_FACTOR);
  if (replicationFactor <= max) return undefined;
  return refuse(
    ErrorCode.INVALID_REPLICATION_FACTOR,
    `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} cannot be ` +
      `reached because only ${brokers} broker(s) are registered.`,
  );
}

/** The leaders of `count` new partitions: the brokers in turn, beginning where the partitions that exist left off. */
export function placePartitions(image: MetadataImage, count: number, cordoned: CordonedBrokers): readonly number[] {
  const brokerIds = takers(image, cordoned);
  assert(brokerIds.length > 0, 'a partition is placed where no broker takes it');
  return Array.from({ length: count }, (_, index) => {
    const leader = brokerIds[(image.partitionCount + index) % brokerIds.length];
    assert(leader !== undefined, 'an index within the list');
    return leader;
  });
}

function takers(image: MetadataImage, cordoned: CordonedBrokers): readonly number[] {
  return [...image.brokers.keys()].filter((id) => !cordoned.has(id)).sort((left, right) => left - right);
}

/** Undefined: the brokers that somebody chose for one partition will do. `size` is how many the other partitions have. */
export function assignmentProblem(
  image: MetadataImage,
  brokerIds: readonly number[],
  size: number | undefined,
): Refusal | undefined {
  const wrong = (message: string) => refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
  if (brokerIds.length === 0) return wrong('The manual partition assignment includes an empty replica list.');
  const seen = new Set<number>();
  for (const id of brokerIds.toSorted((left, right) => left - right)) {
    if (!image.brokers.has(id)) {
      return wrong(`The manual partition assignment includes broker ${id}, but no such broker is registered.`);
    }
    if (seen.has(id)) return wrong(`The manual partition assignment includes the broker ${id} more than once.`);
    seen.add(id);
  }
  if (size !== undefined && brokerIds.length !== size) {
    return wrong(
      `The manual partition assignment includes a partition with ${brokerIds.length} replica(s), but this is not consistent with ` +
        `previous partitions, which have ${size} replica(s).`,
    );
  }
  return undefined;
}
