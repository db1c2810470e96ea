/**
 * DescribeConfigs v1–4: the settings of topics, brokers, the cluster default, groups, client metrics subscriptions and loggers (KIP-133).
 *
 * v1 has sources and synonyms (KIP-226), v3 types and documentation (KIP-569), v4 is flexible. Names that do not exist are left out. Secrets have no
 * value. Differs from Apache Kafka: settings that only Ottla has are told once somebody has set them; the only logger is `root`.
 */

import { ROOT_LOGGER } from '../../broker/log-levels.ts';
import {
  type DescribedSetting,
  type DescribeOptions,
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
} from '../../config/describe.ts';
import { CLUSTER_DEFAULT, ConfigResourceType } from '../../metadata/config-resource.ts';
import { type Refusal, refuse } from '../../metadata/decision.ts';
import { topicNameProblem } from '../../metadata/topic-name.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';

type Resource = RequestOf<typeof DescribeConfigs>['resources'][number];
type Row = NonNullable<NonNullable<ResponseOf<typeof DescribeConfigs>['results']>[number]['configs']>[number];
type Description = { readonly kind: 'described'; readonly rows: readonly Row[] } | Refusal;

/** DYNAMIC_BROKER_LOGGER_CONFIG, Kafka's source of log levels. */
const LOGGER_SOURCE = 6;

export const describeConfigs = handler(DescribeConfigs, (request, context) => ({
  results: request.resources.map((resource) => {
    const { resourceType, resourceName } = resource;
    const { includeSynonyms, includeDocumentation } = request;
    const options = { keys: resource.configurationKeys, includeSynonyms, includeDocumentation };
    const described = describe(resource, options, context);
    return described.kind === 'refused'
      ? { resourceType, resourceName, errorCode: described.error, errorMessage: described.message }
      : { resourceType, resourceName, errorCode: ErrorCode.NONE, errorMessage: '', configs: described.rows };
  }),
}));

function describe(
  { resourceType, resourceName }: Resource,
  options: DescribeOptions,
  context: RequestContext,
): Description {
  const { config, metadata } = context.broker;
  const overrides = metadata.image.configs(resourceType, resourceName);
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return topicProblem(resourceName, context) ?? rows(describeTopic(config, overrides, options));
    case ConfigResourceType.BROKER:
      if (resourceName === CLUSTER_DEFAULT) return rows(describeClusterDefault(config, options));
      return (
        brokerProblem(resourceName, 'expected NODE or empty string, ', context) ?? rows(describeBroker(config, options))
      );
    case ConfigResourceType.BROKER_LOGGER:
      if (resourceName === '') return invalid('Broker id must not be empty');
      return brokerProblem(resourceName, 'expected NODE ', context) ?? loggerRows(options, context);
    case ConfigResourceType.CLIENT_METRICS:
      if (resourceName === '') return invalid('Client metrics subscription name must not be empty');
      return rows(describeClientMetrics(overrides, options));
    case ConfigResourceType.GROUP:
      return resourceName === ''
        ? invalid('Group name must not be empty')
        : rows(describeGroup(config, overrides, options));
    default:
      return invalid('This kind of resource has no settings.');
  }
}

function topicProblem(name: string, { broker }: RequestContext): Refusal | undefined {
  const problem = topicNameProblem(name);
  if (problem !== undefined) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
  const isKnown = broker.metadata.image.topicByName(name) !== undefined;
  return isKnown ? undefined : refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, '');
}

/** The settings of one broker are described by that broker. */
function brokerProblem(name: string, expected: string, { broker }: RequestContext): Refusal | undefined {
  if (!/^-?\d+$/.test(name)) return invalid(`Broker id must be an integer, but it is: ${name}`);
  if (name === String(broker.nodeId)) return undefined;
  return invalid(`Unexpected broker id, ${expected.replace('NODE', String(broker.nodeId))}but received ${name}`);
}

function loggerRows({ keys }: DescribeOptions, { broker }: RequestContext): Description {
  const isWanted = keys === null || keys.length === 0 || keys.includes(ROOT_LOGGER);
  const root = {
    name: ROOT_LOGGER,
    value: broker.logLevels.root,
    readOnly: false,
    configSource: LOGGER_SOURCE,
    isSensitive: false,
    synonyms: [],
    configType: 0,
    documentation: 'The lowest severity that is logged.',
  };
  return { kind: 'described', rows: isWanted ? [root] : [] };
}

function rows(settings: readonly DescribedSetting[]): Description {
  return { kind: 'described', rows: settings };
}

function invalid(message: string): Refusal {
  return refuse(ErrorCode.INVALID_REQUEST, message);
}
