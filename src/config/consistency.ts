/** What settings of a broker must hold together, beyond each one's own bounds, in Kafka's words. Checked at the start. */
import { groupSources } from './group-sources.ts';
import { cordonProblem, directoriesOf } from './log-directories.ts';
import type { BrokerSettingName, EffectiveSettings } from './registry.ts';

export interface Inconsistency {
  readonly name: BrokerSettingName;
  readonly message: string;
}

export function inconsistencies(settings: EffectiveSettings): readonly Inconsistency[] {
  return [
    ...groupBounds(settings),
    ...groupSessions(settings),
    ...times(settings),
    ...connections(settings),
    ...cordons(settings),
  ];
}

/** What groups get by default must be what they may choose. */
function* groupBounds(settings: EffectiveSettings): Generator<Inconsistency> {
  for (const { default: name, min, max } of Object.values(groupSources)) {
    const value = Number(settings.get(name));
    if (min !== undefined && value < Number(settings.get(min))) {
      yield { name, message: `${name} must be greater than or equal to ${min}` };
    }
    if (max !== undefined && value > Number(settings.get(max))) {
      yield { name, message: `${name} must be less than or equal to ${max}` };
    }
  }
}

function* groupSessions(settings: EffectiveSettings): Generator<Inconsistency> {
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const name = `group.${kind}.heartbeat.interval.ms` as const;
    const timeout = `group.${kind}.session.timeout.ms` as const;
    if (settings.get(name) >= settings.get(timeout)) {
      yield { name, message: `${name} must be less than ${timeout}` };
    }
  }
}

/** No retention at all would delete everything at once. The ones in milliseconds have no bounds of their own, for history's sake. */
function* times(settings: EffectiveSettings): Generator<Inconsistency> {
  for (const name of ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'] as const) {
    const message = `${name} must be unlimited (-1) or, greater than or equal to 1`;
    if (settings.get(name) === 0) yield { name, message };
  }
  for (const [name, least] of [['log.roll.ms', 1] as const, ['log.roll.jitter.ms', 0] as const]) {
    const value = settings.get(name);
    if (typeof value === 'number' && value < least) {
      yield { name, message: `${name} must be greater than or equal to ${least}` };
    }
  }
}

function* connections(settings: EffectiveSettings): Generator<Inconsistency> {
  const [name, overrides] = ['max.connections.per.ip', 'max.connections.per.ip.overrides'] as const;
  if (settings.get(name) !== 0 || settings.get(overrides) !== '') return;
  yield { name, message: `${name} can be set to zero only if ${overrides} property is set.` };
}

function* cordons(settings: EffectiveSettings): Generator<Inconsistency> {
  const name = 'cordoned.log.dirs';
  const message = cordonProblem(settings.get(name), directoriesOf(settings));
  if (message !== undefined) yield { name, message };
}
