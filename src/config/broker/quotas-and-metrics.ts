/** Windows of quotas, metrics, telemetry. */
import { int, javaClass, list, long, string } from '../setting.ts';

export const quotaAndMetricSettings = {
  'client.quota.callback.class': javaClass(undefined, { importance: 'low' }),
  'config.providers': list([], { importance: 'low', dynamic: 'cluster-wide' }),
  'kafka.metrics.polling.interval.secs': int(10, { min: 1, importance: 'low' }),
  'kafka.metrics.reporters': list([], { importance: 'low' }),
  'metric.reporters': list(['org.apache.kafka.common.metrics.JmxReporter'], {
    importance: 'low',
    dynamic: 'cluster-wide',
  }),
  'metrics.num.samples': int(2, { min: 1, importance: 'low' }),
  'metrics.recording.level': string('INFO', { importance: 'low' }),
  'metrics.sample.window.ms': long(30_000, { min: 1, importance: 'low' }),
  'quota.window.num': int(11, { min: 1, importance: 'low' }),
  'quota.window.size.seconds': int(1, { min: 1, importance: 'low' }),
  'telemetry.max.bytes': int(1_048_576, { min: 1, importance: 'low' }),
};
