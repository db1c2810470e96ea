/** Decides about settings that change while the cluster runs. What a value may be is config's business; here is whose it is and what is written. */

import { Buffer } from 'node:buffer';
import { limits } from '../base/limits.ts';
import {
  type Alteration,
  type AlterOutcome,
  alterBroker,
  alterClientMetrics,
  alterGroup,
  alterTopic,
  replacing,
} from '../config/alter.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { ConfigChanged } from './cluster-record.ts';
import { CLUSTER_DEFAULT, ConfigResourceType } from './config-resource.ts';
import { type Decision, type Refusal, refuse } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';
import { topicNameProblem } from './topic-name.ts';

export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** `alter` changes what is named and leaves the rest; `replace` makes these the resource's only settings (AlterConfigs). */
export type ConfigAlteration = ConfigResource &
  (
    | { readonly kind: 'alter'; readonly alterations: readonly Alteration[] }
    | {
        readonly kind: 'replace';
        readonly settings: readonly { readonly name: string; readonly value: string | null }[];
      }
  );

export type AlterConfigsResult = { readonly kind: 'altered' } | Refusal;

export interface AlterConfigsOptions {
  readonly config: BrokerConfig;
  /** The settings of one broker are changed by asking that broker. */
  readonly nodeId: number;
}

/** One result per resource, in order. Resources must differ. */
export function alterConfigs(
  image: MetadataImage,
  changes: readonly ConfigAlteration[],
  options: AlterConfigsOptions,
): Decision<readonly AlterConfigsResult[]> {
  const records: ConfigChanged[] = [];
  const reply = changes.map((change): AlterConfigsResult => {
    const problem = resourceProblem(image, change, options.nodeId);
    if (problem !== undefined) return problem;
    const current = image.configs(change.resourceType, change.resourceName);
    const alterations = change.kind === 'alter' ? change.alterations : replacing(current, change.settings);
    const outcome = alter(change, { current, alterations, config: options.config });
    if (outcome.kind === 'refused') {
      const error = outcome.reason === 'invalid-config' ? ErrorCode.INVALID_CONFIG : ErrorCode.INVALID_REQUEST;
      return refuse(error, outcome.message);
    }
    const tooLong = tooLongProblem(outcome.overrides);
    if (tooLong !== undefined) return tooLong;
    const changed = differences(change, current, outcome.overrides);
    if (image.configCount + records.length + changed.length > limits.dynamicSettings && outcome.overrides.size > 0) {
      return refuse(ErrorCode.POLICY_VIOLATION, 'The cluster has as many dynamic settings as it can have.');
    }
    records.push(...changed);
    return { kind: 'altered' };
  });
  return { records, reply };
}

/** Whether there is such a resource, and whether it is this broker that may change it. */
function resourceProblem(
  image: MetadataImage,
  { resourceType, resourceName }: ConfigResource,
  nodeId: number,
): Refusal | undefined {
  const invalid = (message: string) => refuse(ErrorCode.INVALID_REQUEST, message);
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return topicProblem(image, resourceName);
    case ConfigResourceType.BROKER:
      if (resourceName === CLUSTER_DEFAULT || resourceName === String(nodeId)) return undefined;
      return /^-?\d+$/.test(resourceName)
        ? invalid(`Unexpected broker id, expected ${nodeId}, but received ${resourceName}`)
        : invalid(`Node id must be an integer, but it is: ${resourceName}`);
    case ConfigResourceType.CLIENT_METRICS:
      return resourceName === '' ? invalid("Subscription name can't be empty") : undefined;
    case ConfigResourceType.GROUP:
      return resourceName === '' ? invalid('Default group resources are not allowed.') : undefined;
    default:
      return invalid(`Unknown resource type ${resourceType}`);
  }
}

function topicProblem(image: MetadataImage, name: string): Refusal | undefined {
  if (name === '') return refuse(ErrorCode.INVALID_REQUEST, 'Default topic resources are not allowed.');
  const problem = topicNameProblem(name);
  if (problem !== undefined) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
  return image.topicByName(name) === undefined
    ? refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
    : undefined;
}

function alter(
  { resourceType, resourceName }: ConfigResource,
  {
    current,
    alterations,
    config,
  }: { current: ReadonlyMap<string, string>; alterations: readonly Alteration[]; config: BrokerConfig },
): AlterOutcome {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return alterTopic(config, current, alterations);
    case ConfigResourceType.BROKER:
      return alterBroker(config, resourceName === CLUSTER_DEFAULT ? 'cluster' : 'broker', current, alterations);
    case ConfigResourceType.GROUP:
      return alterGroup(config, current, alterations);
    default:
      return alterClientMetrics(current, alterations);
  }
}

/** Appending to a list can make it longer than any string of the protocol, and of the records. */
function tooLongProblem(overrides: ReadonlyMap<string, string>): Refusal | undefined {
  for (const [name, value] of overrides) {
    if (Buffer.byteLength(value) > limits.configValueBytes) {
      return refuse(ErrorCode.INVALID_REQUEST, `The value of ${name} is longer than ${limits.configValueBytes} bytes.`);
    }
  }
  return undefined;
}

function differences(
  { resourceType, resourceName }: ConfigResource,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly ConfigChanged[] {
  const change = (name: string, value: string | null): ConfigChanged => ({
    kind: 'config',
    resourceType,
    resourceName,
    name,
    value,
  });
  return [
    ...[...before.keys()].filter((name) => !after.has(name)).map((name) => change(name, null)),
    ...[...after].filter(([name, value]) => before.get(name) !== value).map(([name, value]) => change(name, value)),
  ];
}
