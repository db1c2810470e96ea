/**
 * AlterConfigs v0–2 (KIP-133): makes the settings that are named the only ones that a resource has. Clients are told to use
 * IncrementalAlterConfigs instead.
 *
 * v1 changed what a throttled client does, v2 is flexible. Differs from Apache Kafka: nothing known.
 */
import { ConfigResourceType } from '../../metadata/config-resource.ts';
import { refuse } from '../../metadata/decision.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts';
import { type AskedAlteration, alterResources } from '../config-alterations.ts';
import { handler } from '../handler.ts';

export const alterConfigs = handler(AlterConfigs, async ({ resources, validateOnly }, context) => {
  const asked = resources.map(({ resourceType, resourceName, configs }): AskedAlteration => {
    const resource = { resourceType, resourceName };
    // The level of a logger can only be changed one by one.
    if (resourceType === ConfigResourceType.BROKER_LOGGER) {
      const result = refuse(ErrorCode.INVALID_REQUEST, `Unknown resource type ${resourceType}`);
      return { ...resource, kind: 'settled', result };
    }
    return { ...resource, kind: 'replace', settings: configs };
  });
  return { responses: await alterResources(asked, { context, validateOnly }) };
});
