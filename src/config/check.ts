/**
 * What a value must satisfy beyond its type. Each check has the text that documents it and answers with the sentence that Apache Kafka's
 * own validator would use, because people search for those. Checks are pure and know no setting.
 */

export interface Check {
  /** For the documentation, e.g. `[1,...]`. */
  readonly text: string;
  /** What a list has twice counts once, and nothing is checked twice. */
  readonly isOfSet?: boolean;
  /** Undefined: the value may stand. Otherwise the whole refusal. */
  problem(name: string, value: unknown): string | undefined;
}

/** The refusal in the shape that all of Kafka's validators share. */
export function invalid(name: string, value: unknown, why: string): string {
  const shown = Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
  return `Invalid value ${shown} for configuration ${name}: ${why}`;
}

/** A number within both bounds, which belong to it. Not-a-number passes, as it does in Apache Kafka. */
export function range(min: number | undefined, max: number | undefined): Check {
  return {
    text: `[${[min, '...', max].filter((part) => part !== undefined).join(',')}]`,
    problem: (name, value) => {
      if (typeof value !== 'number') return invalid(name, value, 'Value must be non-null');
      if (min !== undefined && value < min) return invalid(name, value, `Value must be at least ${min}`);
      if (max !== undefined && value > max) return invalid(name, value, `Value must be no more than ${max}`);
      return undefined;
    },
  };
}

export function oneOf(choices: readonly string[]): Check {
  return {
    text: `[${choices.join(', ')}]`,
    problem: (name, value) =>
      typeof value === 'string' && choices.includes(value)
        ? undefined
        : invalid(name, value, `String must be one of: ${choices.join(', ')}`),
  };
}

export function oneOfIgnoringCase(choices: readonly string[]): Check {
  return {
    text: `(case insensitive) [${choices.join(', ')}]`,
    problem: (name, value) =>
      typeof value === 'string' && choices.includes(value.toUpperCase())
        ? undefined
        : invalid(name, value, `String must be one of (case insensitive): ${choices.join(', ')}`),
  };
}

/** A list of elements that are not empty, each counted once; `empty` forbids the list without elements. */
export function listWithout(without: { readonly empty: boolean }): Check {
  const rules = { choices: [], mayBeEmpty: !without.empty };
  return { text: '', isOfSet: true, problem: (name, value) => listProblem(name, value, rules) };
}

/** The same, with elements out of `choices`. */
export function someOf(choices: readonly string[], without: { readonly empty: boolean }): Check {
  return {
    text: `[${choices.join(', ')}]`,
    isOfSet: true,
    problem: (name, value) => listProblem(name, value, { choices, mayBeEmpty: !without.empty }),
  };
}

function listProblem(
  name: string,
  value: unknown,
  rules: { readonly choices: readonly string[]; readonly mayBeEmpty: boolean },
): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const { choices, mayBeEmpty } = rules;
  if (value.length === 0 && !mayBeEmpty) {
    const valid = choices.length === 0 ? 'any non-empty value' : `[${choices.join(', ')}]`;
    return `Configuration '${name}' must not be empty. Valid values include: ${valid}`;
  }
  const allowed = oneOf(choices);
  for (const element of value) {
    if (choices.length > 0) {
      const problem = allowed.problem(name, element);
      if (problem !== undefined) return problem;
    } else if (element === '') {
      return `Configuration '${name}' values must not be empty.`;
    }
  }
  return undefined;
}

export const nonEmptyString: Check = {
  text: 'non-empty string',
  problem: (name, value) => (value === '' ? invalid(name, value, 'String must be non-empty') : undefined),
};

export const nonNullString: Check = { text: 'non-null string', problem: () => undefined };

export const gzipLevel: Check = {
  text: '[1,...,9] or -1',
  problem: (name, value) =>
    typeof value === 'number' && (value === -1 || (value >= 1 && value <= 9))
      ? undefined
      : invalid(name, value, 'Value must be between 1 and 9 or equal to -1'),
};

const throttledReplicasText = '[partitionId]:[brokerId],[partitionId]:[brokerId],...';

export const throttledReplicas: Check = {
  text: throttledReplicasText,
  problem: (name, value) => {
    if (!Array.isArray(value)) return undefined;
    if (value.length === 1 && value[0] === '*') return undefined;
    if (value.every((element) => /^\d+:\d+$/.test(String(element)))) return undefined;
    const why = `${name} must be the literal '*' or a list of replicas in the following format: ${throttledReplicasText}`;
    return invalid(name, value, why);
  },
};

/** Kafka's `{id}@{host}:{port}`. */
export const quorumVoters: Check = {
  text: 'non-empty list',
  problem: (name, value) =>
    Array.isArray(value) && value.some((element) => !/^\d+@[^:]+:\d+$|^\d+@\[[^\]]+\]:\d+$/.test(String(element)))
      ? `Invalid configuration value for ${name}. Each entry should be in the form \`{id}@{host}:{port}\`.`
      : undefined,
};

export const bootstrapServers: Check = {
  text: 'non-empty list',
  problem: (name, value) => {
    if (!Array.isArray(value)) return undefined;
    const bad = value.find((element) => !/^[^:]+:\d+$|^\[[^\]]+\]:\d+$/.test(String(element)));
    if (bad === undefined) return undefined;
    return `Failed to parse host name from ${bad} for the configuration ${name}. Each entry should be in the form "{host}:{port}"`;
  },
};

/** KIP-932: `latest`, `earliest` or `by_duration:` with an ISO-8601 duration that is not negative. */
export const shareOffsetReset: Check = {
  text: '[latest, earliest, by_duration:PnDTnHnMn.nS]',
  problem: (name, value) => {
    if (value === 'latest' || value === 'earliest') return undefined;
    const duration = /^by_duration:(P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?)$/i;
    if (typeof value === 'string' && duration.test(value)) return undefined;
    const shapes = "either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'";
    return invalid(name, value, `Invalid value \`${value}\` for configuration ${name}. The value must be ${shapes}.`);
  },
};
