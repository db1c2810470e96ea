/** What settings of a broker must hold together, beyond each one's own bounds, in Kafka's words. Checked at the start. */
import { groupSources } from './group-sources.ts';
import { cordonProblem } from './log-directories.ts';
import type { BrokerSettingName } from './registry.ts';

export interface Inconsistency {
  readonly name: BrokerSettingName;
  readonly message: string;
}

type Effective = (name: BrokerSettingName) => unknown;

/** `effective` answers with the value that counts. */
export function inconsistencies(effective: Effective): readonly Inconsistency[] {
  return [
    ...groupBounds(effective),
    ...groupSessions(effective),
    ...times(effective),
    ...connections(effective),
    ...cordons(effective),
  ];
}

/** What groups get by default must be what they may choose. */
function* groupBounds(effective: Effective): Generator<Inconsistency> {
  for (const { default: name, min, max } of Object.values(groupSources)) {
    const value = Number(effective(name));
    if (min !== undefined && value < Number(effective(min))) {
      yield { name, message: `${name} must be greater than or equal to ${min}` };
    }
    if (max !== undefined && value > Number(effective(max))) {
      yield { name, message: `${name} must be less than or equal to ${max}` };
    }
  }
}

function* groupSessions(effective: Effective): Generator<Inconsistency> {
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const name = `group.${kind}.heartbeat.interval.ms` as const;
    const timeout = `group.${kind}.session.timeout.ms` as const;
    if (Number(effective(name)) >= Number(effective(timeout))) {
      yield { name, message: `${name} must be less than ${timeout}` };
    }
  }
}

/** No retention at all would delete everything at once. The ones in milliseconds have no bounds of their own, for history's sake. */
function* times(effective: Effective): Generator<Inconsistency> {
  for (const name of ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'] as const) {
    const message = `${name} must be unlimited (-1) or, greater than or equal to 1`;
    if (effective(name) === 0) yield { name, message };
  }
  for (const [name, least] of [['log.roll.ms', 1] as const, ['log.roll.jitter.ms', 0] as const]) {
    const value = effective(name);
    if (typeof value === 'number' && value < least) {
      yield { name, message: `${name} must be greater than or equal to ${least}` };
    }
  }
}

function* connections(effective: Effective): Generator<Inconsistency> {
  const [name, overrides] = ['max.connections.per.ip', 'max.connections.per.ip.overrides'] as const;
  if (effective(name) !== 0 || effective(overrides) !== '') return;
  yield { name, message: `${name} can be set to zero only if ${overrides} property is set.` };
}

function* cordons(effective: Effective): Generator<Inconsistency> {
  const name = 'cordoned.log.dirs';
  // All three are lists of texts.
  const list = (setting: 'cordoned.log.dirs' | 'log.dirs' | 'log.dir') =>
    effective(setting) as readonly string[] | undefined;
  const message = cordonProblem(list(name) ?? [], list('log.dirs') ?? list('log.dir') ?? []);
  if (message !== undefined) yield { name, message };
}
