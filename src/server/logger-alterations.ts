/** Changes of the BROKER_LOGGER resource (KIP-412): this broker's log level, decided and applied here because it does not outlive the process. */
import { isLogLevelName, type LogLevelName, logLevelNames, ROOT_LOGGER } from '../broker/log-levels.ts';
import { type Refusal, refuse } from '../metadata/decision.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { RequestContext } from './handler.ts';

export interface LoggerAlteration {
  readonly name: string;
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly value: string | null;
}

export function alterLoggers(
  resourceName: string,
  alterations: readonly LoggerAlteration[],
  { context, validateOnly }: { readonly context: RequestContext; readonly validateOnly: boolean },
): Refusal | { readonly kind: 'altered' } {
  const { broker } = context;
  const problem = resourceProblem(resourceName, broker.nodeId) ?? alterationsProblem(alterations);
  if (problem !== undefined) return problem;
  const level = alterations.at(-1)?.value ?? '';
  // There is one logger and no name comes twice, so there is at most one alteration.
  if (!validateOnly && isLogLevelName(level)) broker.logLevels.root = level;
  return { kind: 'altered' };
}

function resourceProblem(resourceName: string, nodeId: number): Refusal | undefined {
  const invalid = (message: string) => refuse(ErrorCode.INVALID_REQUEST, message);
  if (!/^-?\d+$/.test(resourceName)) return invalid(`Node id must be an integer, but it is: ${resourceName}`);
  return resourceName === String(nodeId)
    ? undefined
    : invalid(`Unexpected node id. Expected ${nodeId}, but received ${resourceName}`);
}

function alterationsProblem(alterations: readonly LoggerAlteration[]): Refusal | undefined {
  const names = alterations.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    return refuse(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys');
  }
  const nulls = alterations.filter(({ operation, value }) => value === null && operation !== 'delete');
  if (nulls.length > 0) {
    const why = `Null value not supported for : ${nulls.map(({ name }) => name).join(',')}`;
    return refuse(ErrorCode.INVALID_REQUEST, why);
  }
  return alterations.map(alterationProblem).find((problem) => problem !== undefined);
}

function alterationProblem({ name, operation, value }: LoggerAlteration): Refusal | undefined {
  if (operation === 'append' || operation === 'subtract') {
    const why = `${operation.toUpperCase()} operation is not allowed for the BROKER_LOGGER resource`;
    return refuse(ErrorCode.INVALID_REQUEST, why);
  }
  if (name !== ROOT_LOGGER) return refuse(ErrorCode.INVALID_CONFIG, `Logger ${name} does not exist!`);
  if (operation === 'delete') {
    return refuse(ErrorCode.INVALID_REQUEST, 'Removing the log level of the root logger is not allowed');
  }
  if (value !== null && isLogLevelName(value)) return undefined;
  const valid: readonly LogLevelName[] = [...logLevelNames].sort();
  const why =
    `Cannot set the log level of ${name} to ${value} as it is not a supported log level. ` +
    `Valid log levels are ${valid.join(', ')}`;
  return refuse(ErrorCode.INVALID_CONFIG, why);
}
