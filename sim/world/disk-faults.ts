/**
 * What goes wrong with a simulated disk: when its process dies or its power goes (at the n-th call), and spells of failing calls: writes that fail or are short,
 * syncs that fail, a full disk, no file handles left, a read-only disk. Decides from the seed; knows nothing of what is written.
 */
import type { Clock } from '../../src/base/env.ts';
import type { DiskFaultKind } from '../../src/base/faults.ts';
import type { DiskOperation, DiskVerdict } from '../memory-disk.ts';
import type { SeededRandom } from '../seeded-random.ts';

export type SpellKind = 'write-error' | 'sync-error' | 'full' | 'too-many-files' | 'read-only' | 'slow';

interface SpellRule {
  readonly fault: DiskFaultKind;
  readonly hits: (operation: DiskOperation) => boolean;
  /** How often a call that it hits fails. */
  readonly probability: number;
}

const rules: Readonly<Record<Exclude<SpellKind, 'slow'>, SpellRule>> = {
  'write-error': { fault: 'io', hits: ({ kind }) => kind === 'write', probability: 0.2 },
  'sync-error': { fault: 'io', hits: ({ kind }) => kind === 'sync', probability: 0.2 },
  full: { fault: 'full', hits: ({ kind }) => kind === 'write' || kind === 'makeDirectory', probability: 1 },
  'too-many-files': { fault: 'too-many-files', hits: ({ kind }) => kind === 'open', probability: 1 },
  'read-only': { fault: 'read-only', hits: ({ kind, changes }) => changes && kind !== 'open', probability: 1 },
};

/** A call in a slow spell takes up to this long, most of them far less. */
const SLOW_MS_MAX = 4_000;

export class DiskFaults {
  readonly #random: SeededRandom;
  /** When the last spell ended; undefined during one. */
  calmSinceMs: number | undefined = Number.NEGATIVE_INFINITY;
  /** How many there were. */
  spells = 0;
  readonly #clock: Clock;
  readonly #syncMsMax: number;
  readonly #note: (event: string) => void;
  #spell: SpellKind | undefined;
  #deathIn: { calls: number; readonly die: (operation: DiskOperation) => DiskVerdict } | undefined;

  constructor(clock: Clock, random: SeededRandom, note: (event: string) => void) {
    this.#clock = clock;
    this.#syncMsMax = random.chance(0.7) ? 3 : 40;
    this.#random = random;
    this.#note = note;
  }

  get spell(): SpellKind | undefined {
    return this.#spell;
  }

  begin(spell: SpellKind): void {
    this.#spell = spell;
    this.spells += 1;
    this.calmSinceMs = undefined;
    this.#note(`the disk has a spell: ${spell}`);
  }

  end(): void {
    if (this.#spell === undefined) return;
    this.#note(`the disk is well again after ${this.#spell}`);
    this.#spell = undefined;
    this.calmSinceMs = this.#clock.monotonicMs();
  }

  /** `die` decides about the call that comes after `calls` others. */
  dieIn(calls: number, die: (operation: DiskOperation) => DiskVerdict): void {
    this.#deathIn = { calls, die };
  }

  /** Nobody dies any more. */
  spare(): void {
    this.#deathIn = undefined;
  }

  judge(operation: DiskOperation): DiskVerdict {
    const death = this.#deathIn;
    if (death !== undefined) {
      death.calls -= 1;
      if (death.calls < 0) {
        this.#deathIn = undefined;
        return death.die(operation);
      }
    }
    if (this.#spell === undefined || this.#spell === 'slow') return { kind: 'ok' };
    const { fault, hits, probability } = rules[this.#spell];
    if (!hits(operation) || !this.#random.chance(probability)) return { kind: 'ok' };
    this.#note(`${fault} at ${operation.kind} ${operation.path}`);
    return { kind: 'fault', fault };
  }

  latencyMs({ kind }: DiskOperation): number {
    if (this.#spell === 'slow' && this.#random.chance(0.05)) return this.#random.next() * SLOW_MS_MAX;
    return this.#random.next() * (kind === 'sync' || kind === 'syncDirectory' ? this.#syncMsMax : 0.2);
  }
}
