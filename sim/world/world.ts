/**
 * Everything that the actors of one simulated world share: the order of events, chance, the machine, and the first thing that went wrong. Actors are
 * asynchronous functions that go on until the world drains; what they throw ends the world.
 */
import { SeededRandom } from '../seeded-random.ts';
import { Machine } from './machine.ts';
import { type Mood, type MoodName, moodOf } from './mood.ts';
import { Schedule } from './schedule.ts';
import { Trace } from './trace.ts';

/** A promise of the broker's that was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function violated(message: string): never {
  throw new Violation(message);
}

export class World {
  readonly schedule = new Schedule();
  readonly random: SeededRandom;
  readonly trace = new Trace(this.schedule);
  readonly mood: Mood;
  readonly machine: Machine;
  /** Actors begin nothing new and end what they have begun. */
  isDraining = false;
  #failure: { readonly error: unknown } | undefined;
  #actors = 0;

  constructor(
    seed: number,
    settings: (random: SeededRandom, mood: Mood) => Readonly<Record<string, string>>,
    mood?: MoodName,
  ) {
    this.random = new SeededRandom(seed);
    this.mood = moodOf(seed, mood);
    const { schedule, random, trace } = this;
    trace.add('world', `is ${this.mood.name}`);
    this.machine = new Machine({ schedule, random, trace, mood: this.mood, settings: settings(random, this.mood) });
  }

  get actorsAtWork(): number {
    return this.#actors;
  }

  sleep(ms: number): Promise<void> {
    return this.schedule.sleep(ms);
  }

  start(actor: () => Promise<void>): void {
    this.#actors += 1;
    actor().then(
      () => {
        this.#actors -= 1;
      },
      (error: unknown) => this.fail(error),
    );
  }

  /** Keeps the first. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Lets the world go on until `plan` is through. Rejects with the first failure of anybody. */
  async run(plan: () => Promise<void>): Promise<void> {
    let isOver = false;
    plan().then(
      () => {
        isOver = true;
      },
      (error: unknown) => this.fail(error),
    );
    const hasEnded = await this.schedule.runUntil(() => isOver || this.#failure !== undefined);
    if (this.#failure !== undefined) throw this.#failure.error;
    if (!hasEnded) violated('somebody waits for something that will never happen');
  }
}
