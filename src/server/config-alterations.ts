/** What AlterConfigs and IncrementalAlterConfigs share: each resource once, loggers here and all else in the metadata, one answer per resource. */
import { pairs } from '../base/pairs.ts';
import type { ConfigAlteration, ConfigResource } from '../metadata/alter-configs.ts';
import type { Refusal } from '../metadata/decision.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { RequestContext } from './handler.ts';
import { errorFields } from './handlers/error-fields.ts';

export interface AlterationAnswer extends ConfigResource {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

/** Either the whole wish for one resource, or why it is not even looked at. */
export type AskedAlteration =
  | ConfigAlteration
  | (ConfigResource & { readonly kind: 'settled'; readonly result: Settled });
type Settled = Refusal | { readonly kind: 'altered' };

export async function alterResources(
  asked: readonly AskedAlteration[],
  { context, validateOnly }: { readonly context: RequestContext; readonly validateOnly: boolean },
): Promise<readonly AlterationAnswer[]> {
  const counts = new Map<string, number>();
  for (const resource of asked) counts.set(keyOf(resource), (counts.get(keyOf(resource)) ?? 0) + 1);
  const isTwice = (resource: ConfigResource) => counts.get(keyOf(resource)) !== 1;

  const answers: AlterationAnswer[] = [];
  const alterations: ConfigAlteration[] = [];
  for (const resource of asked) {
    if (isTwice(resource)) answers.push(answer(resource, twice));
    else if (resource.kind === 'settled') answers.push(answer(resource, resource.result));
    else alterations.push(resource);
  }
  const results = await context.broker.metadata.alterConfigs(alterations, { validateOnly });
  return [...answers, ...pairs(alterations, results).map(([resource, result]) => answer(resource, result))];
}

const twice: Refusal = {
  kind: 'refused',
  error: ErrorCode.INVALID_REQUEST,
  message: 'Each resource must appear at most once.',
};

function answer({ resourceType, resourceName }: ConfigResource, result: Settled): AlterationAnswer {
  return { resourceType, resourceName, ...errorFields(result) };
}

function keyOf({ resourceType, resourceName }: ConfigResource): string {
  return `${resourceType} ${resourceName}`;
}
