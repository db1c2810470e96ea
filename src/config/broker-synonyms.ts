/** Broker settings that say the same thing in several units or under several names, in order of precedence. Names only, no values. */
import type { BrokerSettingName } from './registry.ts';

const families: readonly (readonly BrokerSettingName[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
];

/** All names that `name` shares its meaning with, itself included; the first one that is set counts. */
export function brokerSynonyms(name: string): readonly string[] {
  if (name === 'log.flush.interval.ms') return ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'];
  return families.find((family) => family.some((member) => member === name)) ?? [name];
}
