/** What the steps of the group coordinator work with, beside the group itself: the runtime's turn, the settings, and fresh member ids. */
import { Buffer } from 'node:buffer';
import type { Random } from '../../base/env.ts';
import type { Turn } from '../state-machine.ts';
import type { CoordinatorSettings } from './coordinator-settings.ts';
import type { GroupRecord } from './group-record.ts';

export interface GroupTurn {
  readonly log: Turn<GroupRecord>;
  readonly settings: CoordinatorSettings;
  readonly random: Random;
}

/** Kafka's form: the client's or the instance's name, and a random uuid. */
export function newMemberId(prefix: string, random: Random): string {
  const bytes = random.bytes(16);
  // The bits that mark a random uuid (RFC 9562, version 4).
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return `${prefix}-${uuid}`;
}
