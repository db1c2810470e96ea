/** The log cleaner (compaction). */
import { boolean, double, int, long, longMax } from '../setting.ts';

export const cleanerSettings = {
  'log.cleaner.backoff.ms': long(15_000, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: 'How often compaction looks for a log with enough to do.',
  }),
  'log.cleaner.dedupe.buffer.size': long(134_217_728, {
    dynamic: 'cluster-wide',
    effect: 'Memory for the keys of a compaction. What does not fit is done in the next pass.',
  }),
  'log.cleaner.delete.retention.ms': long(86_400_000, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: 'How long tombstones stay. Topic default.',
  }),
  'log.cleaner.enable': boolean(true, { effect: 'Without it no log is compacted.' }),
  'log.cleaner.io.buffer.load.factor': double(0.9, {
    dynamic: 'cluster-wide',
    effect: 'The share of `log.cleaner.dedupe.buffer.size` that is used.',
  }),
  'log.cleaner.io.buffer.size': int(524_288, { min: 0, dynamic: 'cluster-wide' }),
  'log.cleaner.io.max.bytes.per.second': double(Number.MAX_VALUE, {
    dynamic: 'cluster-wide',
    effect: 'Bytes that compaction reads and writes in a second.',
  }),
  'log.cleaner.max.compaction.lag.ms': long(longMax, {
    min: 1,
    dynamic: 'cluster-wide',
    effect: 'How long a record may wait for compaction. Topic default.',
  }),
  'log.cleaner.min.cleanable.ratio': double(0.5, {
    min: 0,
    max: 1,
    dynamic: 'cluster-wide',
    effect: 'The share of new bytes from which a log is compacted. Topic default.',
  }),
  'log.cleaner.min.compaction.lag.ms': long(0, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: 'How long a record is safe from compaction. Topic default.',
  }),
  'log.cleaner.threads': int(1, { min: 0, dynamic: 'cluster-wide' }),
};
