/**
 * What goes wrong with a simulated disk: when its process dies or its power goes (at the n-th call), and spells of failing calls: writes that fail or are short,
 * syncs that fail, a full disk, no file handles left, a read-only disk, a directory of which nothing works. Decides from the seed; knows nothing of what is written.
 */
import type { Clock } from '../../src/base/env.ts';
import type { DiskFaultKind } from '../../src/base/faults.ts';
import type { DiskOperation, DiskVerdict } from '../memory-disk.ts';
import type { SeededRandom } from '../seeded-random.ts';

export type SpellKind =
  | 'write-error'
  | 'sync-error'
  | 'small-file-error'
  | 'full'
  | 'too-many-files'
  | 'read-only'
  | 'slow';
/** Every call below a path fails. */
export type Darkness = { readonly path: string };

interface SpellRule {
  readonly fault: DiskFaultKind;
  readonly hits: (operation: DiskOperation) => boolean;
  /** How often a call that it hits fails. */
  readonly probability: number;
}

const rules: Readonly<Record<Exclude<SpellKind, 'slow'>, SpellRule>> = {
  'write-error': { fault: 'io', hits: ({ kind }) => kind === 'write', probability: 0.2 },
  'sync-error': { fault: 'io', hits: ({ kind }) => kind === 'sync', probability: 0.2 },
  // Files that replace others, with checkpoints above all; logs go on.
  'small-file-error': {
    fault: 'io',
    hits: ({ kind, path }) => kind === 'write' && path.endsWith('.tmp'),
    probability: 0.5,
  },
  full: { fault: 'full', hits: ({ kind }) => kind === 'write' || kind === 'makeDirectory', probability: 1 },
  'too-many-files': { fault: 'too-many-files', hits: ({ kind }) => kind === 'open', probability: 1 },
  'read-only': { fault: 'read-only', hits: ({ kind, changes }) => changes && kind !== 'open', probability: 1 },
};

/** A call in a slow spell takes up to this long, most of them far less. */
const SLOW_MS_MAX = 4_000;

/** In which call a process dies: in the one after `calls` others, which are counted from the time on that a file called `after` has been renamed `times` times. */
export interface DeathMoment {
  readonly calls: number;
  readonly after?: string;
  readonly times?: number;
}

interface Death {
  calls: number;
  readonly after: string | undefined;
  times: number;
  readonly die: (operation: DiskOperation) => DiskVerdict;
}

/** How long a sync takes at most where the seed does not say, and that of a segment where it takes longer. */
export interface SyncTimes {
  readonly syncMsMax: number | undefined;
  readonly logSyncMsMax: number | undefined;
}

export class DiskFaults {
  readonly #random: SeededRandom;
  /** When the last spell ended; undefined during one. */
  calmSinceMs: number | undefined = Number.NEGATIVE_INFINITY;
  /** How many there were. */
  spells = 0;
  readonly #clock: Clock;
  readonly #syncMsMax: number;
  readonly #logSyncMsMax: number;
  readonly #note: (event: string) => void;
  #spell: SpellKind | Darkness | undefined;
  #death: Death | undefined;

  constructor(options: { clock: Clock; random: SeededRandom; syncTimes: SyncTimes; note: (event: string) => void }) {
    const { clock, random, syncTimes, note } = options;
    this.#clock = clock;
    const drawnMs = random.chance(0.7) ? 3 : 40;
    this.#syncMsMax = syncTimes.syncMsMax ?? drawnMs;
    this.#logSyncMsMax = syncTimes.logSyncMsMax ?? this.#syncMsMax;
    this.#random = random;
    this.#note = note;
  }

  get spell(): SpellKind | Darkness | undefined {
    return this.#spell;
  }

  /** Of the directory that is dark now. */
  get darkPath(): string | undefined {
    return typeof this.#spell === 'object' ? this.#spell.path : undefined;
  }

  begin(spell: SpellKind | Darkness): void {
    this.#spell = spell;
    this.spells += 1;
    this.calmSinceMs = undefined;
    this.#note(`the disk has a spell: ${nameOf(spell)}`);
  }

  end(): void {
    if (this.#spell === undefined) return;
    this.#note(`the disk is well again after ${nameOf(this.#spell)}`);
    this.#spell = undefined;
    this.calmSinceMs = this.#clock.monotonicMs();
  }

  dieAt({ calls, after, times = 0 }: DeathMoment, die: (operation: DiskOperation) => DiskVerdict): void {
    this.#death = { calls, after, times, die };
  }

  /** Nobody dies any more. */
  spare(): void {
    this.#death = undefined;
  }

  judge(operation: DiskOperation): DiskVerdict {
    const death = this.#death;
    if (death !== undefined && isDue(death, operation)) {
      this.#death = undefined;
      return death.die(operation);
    }
    if (this.#spell === undefined || this.#spell === 'slow') return { kind: 'ok' };
    const { fault, hits, probability } = typeof this.#spell === 'object' ? darkness(this.#spell) : rules[this.#spell];
    if (!hits(operation) || !this.#random.chance(probability)) return { kind: 'ok' };
    this.#note(`${fault} at ${operation.kind} ${operation.path}`);
    return { kind: 'fault', fault };
  }

  latencyMs({ kind, path }: DiskOperation): number {
    if (this.#spell === 'slow' && this.#random.chance(0.05)) return this.#random.next() * SLOW_MS_MAX;
    if (kind === 'sync' && path.endsWith('.log')) return this.#random.next() * this.#logSyncMsMax;
    return this.#random.next() * (kind === 'sync' || kind === 'syncDirectory' ? this.#syncMsMax : 0.2);
  }
}

function isDue(death: Death, { kind, path }: DiskOperation): boolean {
  if (death.times > 0) {
    if (kind === 'rename' && path.includes(death.after ?? '')) death.times -= 1;
    return false;
  }
  death.calls -= 1;
  return death.calls < 0;
}

function darkness({ path }: Darkness): SpellRule {
  const isBelow = (below: string) => below === path || below.startsWith(`${path}/`);
  return { fault: 'io', hits: (operation) => isBelow(operation.path), probability: 1 };
}

function nameOf(spell: SpellKind | Darkness): string {
  return typeof spell === 'object' ? `${spell.path} is dark` : spell;
}
