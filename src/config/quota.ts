/** Quota keys: per user and client id, per address, and the replication rates that only exist as dynamic broker settings. */
import { double, int, intMax, long, longMax } from './setting.ts';

export const userAndClientQuotaTable = {
  consumer_byte_rate: long(longMax),
  controller_mutation_rate: double(intMax),
  producer_byte_rate: long(longMax),
  request_percentage: double(intMax),
};

export const ipQuotaTable = {
  connection_creation_rate: int(intMax, { min: 0 }),
};

/** Accepted as dynamic broker settings although no static table has them. */
export const brokerQuotaTable = {
  'follower.replication.throttled.rate': long(longMax, { min: 0, dynamic: 'cluster-wide' }),
  'leader.replication.throttled.rate': long(longMax, { min: 0, dynamic: 'cluster-wide' }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(longMax, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: 'How fast partitions are copied into other data directories, all together.',
  }),
};
