/** Settings of a client-metrics subscription (KIP-714). */
import { int, list } from './setting.ts';

export const clientMetricsTable = {
  'interval.ms': int(300_000),
  match: list([]),
  metrics: list([]),
};
