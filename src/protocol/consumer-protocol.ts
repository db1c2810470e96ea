/**
 * The metadata that members of classic consumer groups exchange through the broker. The broker reads it only to
 * know what a group is subscribed to, and to talk to such members in a consumer group (KIP-848).
 */
import { array, bytes, int32, message, string } from './schema.ts';

/**
 * What a member of a classic consumer group wants, as it travels in JoinGroup. v1 added owned partitions
 * (KIP-429), v2 the generation (KIP-792), v3 the rack (KIP-881).
 */
export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: {
    topics: array(string()),
    userData: bytes({ nullable: true, default: null }),
    ownedPartitions: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { versions: '1+' },
    ),
    generationId: int32({ versions: '2+', default: -1 }),
    rackId: string({ versions: '3+', nullable: true, default: null }),
  },
});

/** What a member of a classic consumer group gets, as it travels in SyncGroup. All versions are alike. */
export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  fields: {
    assignedPartitions: array({
      topic: string(),
      partitions: array(int32()),
    }),
    userData: bytes({ nullable: true, default: null }),
  },
});
