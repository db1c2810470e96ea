/**
 * The lives of a simulated broker's process: some time of work while disk and network fail, and an end of every kind, at any disk call, also while it starts. Owns how
 * often what goes wrong; knows nothing of what the clients do meanwhile.
 */
import { DataDirectoryInUse } from '../../src/base/faults.ts';
import { MetadataLogFault } from '../../src/metadata/metadata-log.ts';
import type { Answers } from '../checkers/answers.ts';
import type { DeathMoment } from './disk-faults.ts';
import type { Death, Machine } from './machine.ts';
import { violated, type World } from './world.ts';

/** Everybody is through by then, when nothing fails. */
const PATIENCE_MS = 60_000;
const IN_USE_PAUSE_MS = 100;

export class Lives {
  /** How they ended. */
  readonly ends: string[] = [];
  readonly #world: World;
  readonly #answers: Answers;

  /** `died` is told in the moment in which the process dies. */
  constructor(world: World, answers: Answers, died: (death: Death) => void) {
    this.#world = world;
    this.#answers = answers;
    world.machine.onDeath = (death) => {
      this.ends.push(death);
      died(death);
    };
  }

  /** Some time of work under faults, then an end. */
  async live(): Promise<void> {
    const { random, machine, mood } = this.#world;
    const end = random.next() * (mood.diesAfter === undefined ? 1 : 0.6);
    if (end < 0.6)
      machine.dieAt(this.#momentOfDeath(), random.chance(mood.diesAfter === undefined ? 0.6 : 0.9) ? 'power' : 'kill');
    const untilMs = this.#world.schedule.monotonicMs() + random.between(300, 3_000);
    while (machine.isRunning && this.#world.schedule.monotonicMs() < untilMs) {
      await this.#world.sleep(random.next() * 200);
      this.#disturb();
      this.#answers.check();
    }
    machine.faults.end();
    if (!machine.isRunning) return;
    if (end < 0.8) machine.kill(random.chance(0.5) ? 'power' : 'kill');
    else if (await machine.stop()) this.ends.push('clean');
  }

  #momentOfDeath(): DeathMoment {
    const { random, mood } = this.#world;
    if (mood.diesAfter === undefined) return { calls: random.between(1, 1_500) };
    return { calls: random.between(0, 30), after: mood.diesAfter, times: random.between(1, 6) };
  }

  /** Nothing fails any more: everybody ends what they have begun. */
  async drain(): Promise<void> {
    this.#world.isDraining = true;
    this.#world.trace.add('world', 'settles');
    await this.bootAtLast();
    const untilMs = this.#world.schedule.monotonicMs() + PATIENCE_MS;
    while (this.#world.actorsAtWork > 0) {
      if (this.#world.schedule.monotonicMs() > untilMs) violated('clients do not get through, although nothing fails');
      await this.#world.sleep(100);
      this.#answers.check();
    }
  }

  #disturb(): void {
    const { random, machine, mood } = this.#world;
    if (random.chance(0.1)) machine.network.cutOne();
    if (random.chance(0.02)) this.#rotAnIndex();
    if (machine.faults.spell !== undefined) {
      if (random.chance(0.4)) machine.faults.end();
    } else if (random.chance(mood.spellChance)) {
      machine.faults.begin(mood.spells[random.below(mood.spells.length)] ?? 'slow');
    }
  }

  /** The broker starts without it. Without the first it cannot. */
  #darkenOne(): void {
    const { random, machine } = this.#world;
    const [, ...others] = machine.dataDirs;
    const path = others[random.below(others.length)];
    if (path !== undefined) machine.faults.begin({ path });
  }

  #rotAnIndex(): void {
    const { random, machine } = this.#world;
    const indexes = offsetIndexes(machine);
    const path = indexes[random.below(indexes.length)];
    if (path !== undefined) flipBit(this.#world, path);
  }

  /** Starts the broker, which may die or be refused by its disk while it starts, until it runs. */
  async bootAtLast(): Promise<void> {
    const { random, machine, mood } = this.#world;
    for (let attempt = 0; !machine.isRunning; attempt += 1) {
      const troubles = attempt < 4;
      if (troubles && random.chance(0.3))
        machine.dieAt({ calls: random.below(80) }, random.chance(0.6) ? 'power' : 'kill');
      else if (troubles && random.chance(0.1)) machine.faults.begin(random.chance(0.5) ? 'read-only' : 'full');
      else if (troubles && mood.goesDark) this.#darkenOne();
      const boot = await machine.boot();
      const isInUse = boot.kind === 'refused' && boot.error instanceof DataDirectoryInUse;
      if (boot.kind === 'refused' && !isInUse && machine.faults.spell === undefined) {
        if (boot.error instanceof MetadataLogFault) violated(`no broker starts any more: ${boot.error.cause}`);
        throw boot.error;
      }
      // Whoever makes a backup of a broker that has stopped has its directories meanwhile.
      if (isInUse) await this.#world.sleep(IN_USE_PAUSE_MS);
      machine.faults.end();
    }
    machine.faults.spare();
  }
}

/** In every offset index. Readers must not notice: an index is only a hint. */
export function rotIndexes(world: World): void {
  for (const path of offsetIndexes(world.machine)) flipBit(world, path);
}

function offsetIndexes({ disk, dataDirs }: Machine): readonly string[] {
  return dataDirs.flatMap((root) => disk.filesBelow(root)).filter((path) => path.endsWith('.index'));
}

function flipBit({ random, machine, trace }: World, path: string): void {
  const file = machine.disk.file(path);
  if (file === undefined) return;
  file.corrupt(random.below(file.bytes));
  trace.add('disk', `a bit flips in ${path}`);
}
