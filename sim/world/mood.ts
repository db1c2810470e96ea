/**
 * What a world has more of than others. Some faults need two or three rare things at the same time: a checkpoint while a sync takes long, a deletion that could
 * not be saved and a crash before the next one. In a world of that mood all of them are frequent.
 */
import { RECOVERY_POINTS } from '../../src/log/local/file-names.ts';
import { SeededRandom } from '../seeded-random.ts';
import type { SpellKind, SyncTimes } from './disk-faults.ts';

export interface Mood extends SyncTimes {
  readonly name: MoodName;
  readonly checkpointMsMax: number;
  /** Of a broker that acknowledges only what is on stable storage. */
  readonly durableChance: number;
  /** The process dies soon after a file that is called so was put in place, and at any time otherwise. */
  readonly diesAfter: string | undefined;
  readonly segmentBytesMax: number;
  /** Of a spell of the disk in the next moment, and which. */
  readonly spellChance: number;
  readonly spells: readonly SpellKind[];
  readonly dataDirs: readonly [string, ...string[]];
  /** Between the data directories, files can have two names. */
  readonly sharesFiles: boolean;
  /** One of several data directories, now and then. */
  readonly goesDark: boolean;
  /** Somebody makes backups all the time; in the end some are restored and looked over. */
  readonly isBackedUp: boolean;
}

const common = {
  syncMsMax: undefined,
  logSyncMsMax: undefined,
  checkpointMsMax: 2_000,
  durableChance: 0.75,
  diesAfter: undefined,
  segmentBytesMax: 15_000,
  spellChance: 0.1,
  spells: ['write-error', 'sync-error', 'full', 'too-many-files', 'slow'],
  dataDirs: ['data'],
  sharesFiles: true,
  goesDark: false,
  isBackedUp: false,
} as const;

const NAMES = ['common', 'hasty', 'broken', 'forgetful', 'scattered', 'careful'] as const;
export type MoodName = (typeof NAMES)[number];

/** In the order of `below`; most worlds are common. */
const chances = [
  { name: 'hasty', below: 0.15 },
  { name: 'broken', below: 0.3 },
  { name: 'forgetful', below: 0.4 },
  { name: 'scattered', below: 0.55 },
  { name: 'careful', below: 0.65 },
] as const;

const SEVERAL = ['data', 'data-b', 'data-c'] as const;

/** Drawn, unless one is wanted; from a generator of its own, so that a wanted mood does not change what else happens. */
export function moodOf(seed: number, wanted?: MoodName): Mood {
  const random = new SeededRandom(seed);
  const dice = random.next();
  const drawn = chances.find(({ below }) => dice < below)?.name ?? 'common';
  const name = wanted ?? drawn;
  switch (name) {
    case 'common':
      return { ...common, name };
    case 'hasty':
      // Checkpoints come while syncs are under way, and the process dies soon after one of them.
      return {
        ...{ ...common, name, syncMsMax: 3, logSyncMsMax: 400, checkpointMsMax: 60 },
        ...{ segmentBytesMax: 4_000, durableChance: 0.25, diesAfter: RECOVERY_POINTS },
      };
    case 'broken':
      return { ...common, name, spellChance: 0.3, spells: ['write-error', 'sync-error'] };
    case 'forgetful':
      return { ...common, name, spellChance: 0.4, spells: ['small-file-error'] };
    case 'scattered':
      return { ...common, name, dataDirs: SEVERAL, goesDark: true, sharesFiles: random.chance(0.5) };
    case 'careful':
      return { ...common, name, isBackedUp: true, dataDirs: random.chance(0.3) ? SEVERAL : common.dataDirs };
  }
}

export function isMoodName(text: string): text is MoodName {
  return NAMES.some((name) => name === text);
}
