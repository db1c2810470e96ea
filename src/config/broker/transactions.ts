/** Producer ids and transactions. */
import { boolean, int, short } from '../setting.ts';

export const transactionSettings = {
  'add.partitions.to.txn.retry.backoff.max.ms': int(100, {
    min: 0,
    importance: 'high',
    effect: 'How long a produce request waits for the markers of the transaction before.',
  }),
  'add.partitions.to.txn.retry.backoff.ms': int(20, {
    min: 1,
    importance: 'high',
    effect: 'How often the coordinator is asked meanwhile.',
  }),
  'producer.id.expiration.check.interval.ms': int(600_000, {
    min: 1,
    importance: 'low',
    internal: true,
    effect: 'How often silent producers are looked for.',
  }),
  'producer.id.expiration.ms': int(86_400_000, {
    min: 1,
    importance: 'low',
    dynamic: 'cluster-wide',
    effect: 'A partition forgets an idempotent producer that was silent for this long.',
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(10_000, {
    min: 1,
    importance: 'low',
    effect: 'How often transactions that take too long are looked for.',
  }),
  'transaction.max.timeout.ms': int(900_000, {
    min: 1,
    importance: 'high',
    effect: 'The longest time that a producer may ask for its transactions.',
  }),
  'transaction.partition.verification.enable': boolean(true, {
    importance: 'low',
    dynamic: 'cluster-wide',
    effect: 'Batches begin a transaction only where the coordinator knows of it (KIP-890).',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(3_600_000, {
    min: 1,
    importance: 'low',
    effect: 'How often transactional ids that nobody uses are looked for.',
  }),
  'transaction.state.log.load.buffer.size': int(5_242_880, { min: 1, importance: 'high' }),
  'transaction.state.log.min.isr': int(2, {
    min: 1,
    importance: 'high',
    effect: 'min.insync.replicas of __transaction_state, when it is created.',
  }),
  'transaction.state.log.num.partitions': int(50, {
    min: 1,
    importance: 'high',
    effect: 'Partitions of __transaction_state, when it is created.',
  }),
  'transaction.state.log.replication.factor': short(3, {
    min: 1,
    importance: 'high',
    effect: 'Replication factor of __transaction_state, when it is created. One replica is kept.',
  }),
  'transaction.state.log.segment.bytes': int(104_857_600, {
    min: 1,
    importance: 'high',
    effect: 'Segment size of __transaction_state, when it is created.',
  }),
  'transaction.two.phase.commit.enable': boolean(false, { importance: 'low' }),
  'transactional.id.expiration.ms': int(604_800_000, {
    min: 1,
    importance: 'high',
    effect: 'How long a transactional id that nobody uses is kept.',
  }),
};
