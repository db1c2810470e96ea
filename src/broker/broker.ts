/** One node, wired: what handlers reach the rest of the broker through. */
import type { Env } from '../base/env.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { LogLevels } from './log-levels.ts';

export interface Broker {
  readonly env: Env;
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly metadata: ClusterMetadata;
  readonly logLevels: LogLevels;
}
