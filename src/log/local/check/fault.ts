/** What a check can find, and the list of it: bounded, because one lost disk block makes thousands of batches unreadable. Decides nothing. */
import { limits } from '../../../base/limits.ts';

export interface LogFault {
  /** Relative to the data directory. */
  readonly file: string;
  /** Where in the file; undefined when the file as a whole is meant. */
  readonly position: number | undefined;
  /** The offset of the log that is concerned, as far as it is known. */
  readonly offset: number | undefined;
  /**
   * `data`: records, or what was promised about them. `tail`: what was being written when the broker died, and never acknowledged; the next start cuts it
   * off. `derived`: it can be made again from the records.
   */
  readonly harm: 'data' | 'tail' | 'derived';
  readonly problem: string;
}

type Place = Partial<Pick<LogFault, 'position' | 'offset'>>;

export class FaultList {
  readonly #faults: LogFault[] = [];
  #count = 0;

  /** The first ones, in the order in which they were found. */
  get faults(): readonly LogFault[] {
    return this.#faults;
  }

  /** All of them. */
  get count(): number {
    return this.#count;
  }

  data(file: string, problem: string, place: Place = {}): void {
    this.add({ file, problem, position: place.position, offset: place.offset, harm: 'data' });
  }

  derived(file: string, problem: string, place: Place = {}): void {
    this.add({ file, problem, position: place.position, offset: place.offset, harm: 'derived' });
  }

  add(fault: LogFault): void {
    this.#count += 1;
    if (this.#faults.length < limits.faultsListed) this.#faults.push(fault);
  }
}
