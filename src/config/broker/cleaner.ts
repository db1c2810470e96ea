/** The log cleaner (compaction). */
import { boolean, double, int, long, longMax } from '../setting.ts';

export const cleanerSettings = {
  'log.cleaner.backoff.ms': long(15_000, { min: 0, dynamic: 'cluster-wide' }),
  'log.cleaner.dedupe.buffer.size': long(134_217_728, { dynamic: 'cluster-wide' }),
  'log.cleaner.delete.retention.ms': long(86_400_000, { min: 0, dynamic: 'cluster-wide' }),
  'log.cleaner.enable': boolean(true),
  'log.cleaner.io.buffer.load.factor': double(0.9, { dynamic: 'cluster-wide' }),
  'log.cleaner.io.buffer.size': int(524_288, { min: 0, dynamic: 'cluster-wide' }),
  'log.cleaner.io.max.bytes.per.second': double(Number.MAX_VALUE, { dynamic: 'cluster-wide' }),
  'log.cleaner.max.compaction.lag.ms': long(longMax, { min: 1, dynamic: 'cluster-wide' }),
  'log.cleaner.min.cleanable.ratio': double(0.5, { min: 0, max: 1, dynamic: 'cluster-wide' }),
  'log.cleaner.min.compaction.lag.ms': long(0, { min: 0, dynamic: 'cluster-wide' }),
  'log.cleaner.threads': int(1, { min: 0, dynamic: 'cluster-wide' }),
};
