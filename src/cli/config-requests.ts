/** Describes and changes settings on a broker. The client sends the settings of a broker to that broker; those of all brokers go to any. */
import {
  type Admin,
  type ConfigDescription,
  describeConfigsV4,
  IncrementalAlterConfigOperationTypes,
  type IncrementalAlterConfigsOptions,
  incrementalAlterConfigsV1,
} from '@platformatic/kafka';
import type { ConfigResource } from './config-resource.ts';
import { CommandFailure, ExitCode } from './exit-code.ts';
import type { Assignment } from './values.ts';

type Change = IncrementalAlterConfigsOptions['resources'][number]['configs'][number];

export async function describeSettings(
  admin: Admin,
  resource: ConfigResource,
  options: { readonly includeDocumentation: boolean },
): Promise<ConfigDescription['configs']> {
  const resources = [{ ...resource, configurationKeys: null }];
  const { includeDocumentation } = options;
  if (resource.resourceName !== '') {
    const [described] = await admin.describeConfigs({ resources, includeSynonyms: false, includeDocumentation });
    return described?.configs ?? [];
  }
  const connection = await anyBroker(admin);
  const { results } = await describeConfigsV4.api.async(connection, resources, false, includeDocumentation);
  return results[0]?.configs ?? [];
}

export async function changeSettings(
  admin: Admin,
  resource: ConfigResource,
  change: { readonly set?: readonly Assignment[]; readonly unset?: readonly string[]; readonly validateOnly?: boolean },
): Promise<void> {
  const { SET, DELETE } = IncrementalAlterConfigOperationTypes;
  const set: Change[] = (change.set ?? []).map(({ name, value }) => ({ name, value, configOperation: SET }));
  const unset: Change[] = (change.unset ?? []).map((name) => ({ name, configOperation: DELETE }));
  const resources = [{ ...resource, configs: [...set, ...unset] }];
  const validateOnly = change.validateOnly ?? false;
  if (resource.resourceName !== '') await admin.incrementalAlterConfigs({ resources, validateOnly });
  else await incrementalAlterConfigsV1.api.async(await anyBroker(admin), resources, validateOnly);
}

async function anyBroker(admin: Admin) {
  const [connection] = (await admin.connectToBrokers()).values();
  if (connection === undefined) throw new CommandFailure(ExitCode.UNREACHABLE, 'the cluster has no broker');
  return connection;
}
