/** What has settings: topics, brokers, groups and client-metrics subscriptions, as people name them. */
import { Argument } from '@commander-js/extra-typings';
import { ConfigResourceTypes } from '@platformatic/kafka';

const kinds = ['topic', 'broker', 'group', 'client-metrics'] as const;
export type ResourceKind = (typeof kinds)[number];

const types = {
  topic: ConfigResourceTypes.TOPIC,
  broker: ConfigResourceTypes.BROKER,
  group: ConfigResourceTypes.GROUP,
  'client-metrics': ConfigResourceTypes.CLIENT_METRICS,
} as const;

export function resourceArgument() {
  return new Argument('<kind>', 'what has the settings').choices(kinds);
}

export interface ConfigResource {
  readonly resourceType: (typeof types)[ResourceKind];
  readonly resourceName: string;
}

/** `broker default` is what holds for every broker, the empty name of the protocol. */
export function resourceOf(kind: ResourceKind, name: string): ConfigResource {
  return { resourceType: types[kind], resourceName: kind === 'broker' && name === 'default' ? '' : name };
}
