/**
 * IncrementalAlterConfigs v0–1 (KIP-339): sets, deletes, appends to and subtracts from settings of topics, brokers, groups, client metrics
 * subscriptions and loggers.
 *
 * v1 is flexible. Changes take effect at once and survive a restart, except those of loggers, which last as long as the process. Differs
 * from Apache Kafka: the only logger is `root`.
 */
import { ConfigResourceType } from '../../metadata/config-resource.ts';
import { refuse } from '../../metadata/decision.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { type AskedAlteration, alterResources } from '../config-alterations.ts';
import { handler, type RequestContext } from '../handler.ts';
import { alterLoggers } from '../logger-alterations.ts';

type Resource = RequestOf<typeof IncrementalAlterConfigs>['resources'][number];

/** By the number in the request. */
const operations = ['set', 'delete', 'append', 'subtract'] as const;

export const incrementalAlterConfigs = handler(
  IncrementalAlterConfigs,
  async ({ resources, validateOnly }, context) => {
    const asked = resources.map((resource) => askedAlteration(resource, { context, validateOnly }));
    return { responses: await alterResources(asked, { context, validateOnly }) };
  },
);

function askedAlteration(
  { resourceType, resourceName, configs }: Resource,
  options: { readonly context: RequestContext; readonly validateOnly: boolean },
): AskedAlteration {
  const resource = { resourceType, resourceName };
  const alterations = [];
  for (const { name, configOperation, value } of configs) {
    const operation = operations[configOperation];
    if (operation === undefined) {
      return { ...resource, kind: 'settled', result: refuse(ErrorCode.UNKNOWN_SERVER_ERROR, null) };
    }
    alterations.push({ name, operation, value });
  }
  if (resourceType === ConfigResourceType.BROKER_LOGGER) {
    return { ...resource, kind: 'settled', result: alterLoggers(resourceName, alterations, options) };
  }
  return { ...resource, kind: 'alter', alterations };
}
