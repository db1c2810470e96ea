/** Replication between brokers. Ottla keeps one replica; its storage is what is replicated. */
import { boolean, int, long, string } from '../setting.ts';

export const replicationSettings = {
  'alter.log.dirs.replication.quota.window.num': int(11, { min: 1, importance: 'low' }),
  'alter.log.dirs.replication.quota.window.size.seconds': int(1, { min: 1, importance: 'low' }),
  'auto.leader.rebalance.enable': boolean(true, { importance: 'high' }),
  'leader.imbalance.check.interval.seconds': long(300, { min: 1, importance: 'high' }),
  'num.replica.alter.log.dirs.threads': int(undefined, { importance: 'high' }),
  'num.replica.fetchers': int(1, { min: 1, importance: 'high', dynamic: 'cluster-wide' }),
  'replica.fetch.backoff.ms': int(1000, { min: 0 }),
  'replica.fetch.max.bytes': int(1_048_576, { min: 0 }),
  'replica.fetch.min.bytes': int(1, { importance: 'high' }),
  'replica.fetch.response.max.bytes': int(10_485_760, { min: 0 }),
  'replica.fetch.wait.max.ms': int(500, { importance: 'high' }),
  'replica.high.watermark.checkpoint.interval.ms': long(5000, { importance: 'high' }),
  'replica.lag.time.max.ms': long(30_000, { importance: 'high' }),
  'replica.selector.class': string(undefined),
  'replica.socket.receive.buffer.bytes': int(65_536, { importance: 'high' }),
  'replica.socket.timeout.ms': int(30_000, { importance: 'high' }),
  'replication.quota.window.num': int(11, { min: 1, importance: 'low' }),
  'replication.quota.window.size.seconds': int(1, { min: 1, importance: 'low' }),
  'unclean.leader.election.interval.ms': long(300_000, { min: 1, internal: true }),
};
