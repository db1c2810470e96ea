/**
 * The lives of a simulated broker's process: some time of work while disk and network fail, and an end of every kind, at any disk call, also while it starts. Owns how
 * often what goes wrong; knows nothing of what the clients do meanwhile.
 */
import type { Answers } from '../checkers/answers.ts';
import { DATA_DIR, type Death } from './machine.ts';
import type { World } from './world.ts';

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
    const { random, machine } = this.#world;
    const end = random.next();
    if (end < 0.6) machine.dieIn(random.between(1, 1_500), random.chance(0.6) ? 'power' : 'kill');
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

  #disturb(): void {
    const { random, machine } = this.#world;
    if (random.chance(0.1)) machine.network.cutOne();
    if (random.chance(0.02)) this.#rotAnIndex();
    if (machine.faults.spell !== undefined) {
      if (random.chance(0.4)) machine.faults.end();
    } else if (random.chance(0.1)) {
      const spells = ['write-error', 'sync-error', 'full', 'too-many-files', 'slow'] as const;
      machine.faults.begin(spells[random.below(spells.length)] ?? 'slow');
    }
  }

  /** A bit flips in an offset index. Readers must not notice: an index is only a hint. */
  #rotAnIndex(): void {
    const { random, machine, trace } = this.#world;
    const indexes = machine.disk.filesBelow(DATA_DIR).filter((path) => path.endsWith('.index'));
    const path = indexes[random.below(indexes.length)];
    const file = path === undefined ? undefined : machine.disk.file(path);
    if (file === undefined) return;
    file.corrupt(random.below(file.bytes));
    trace.add('disk', `a bit flips in ${path}`);
  }

  /** Starts the broker, which may die or be refused by its disk while it starts, until it runs. */
  async bootAtLast(): Promise<void> {
    const { random, machine } = this.#world;
    for (let attempt = 0; !machine.isRunning; attempt += 1) {
      const troubles = attempt < 4;
      if (troubles && random.chance(0.3)) machine.dieIn(random.below(80), random.chance(0.6) ? 'power' : 'kill');
      else if (troubles && random.chance(0.1)) machine.faults.begin(random.chance(0.5) ? 'read-only' : 'full');
      const boot = await machine.boot();
      if (boot.kind === 'refused' && machine.faults.spell === undefined) throw boot.error;
      machine.faults.end();
    }
    machine.faults.spare();
  }
}
