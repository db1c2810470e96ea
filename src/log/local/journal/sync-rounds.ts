/**
 * Meets the wishes of all logs for durability, in rounds: what waits when a round begins is served by it, what comes meanwhile waits for the next.
 * Owns who waits; each log says itself what it needs and is told what has become of it. There is no timer: a lone wish waits for nobody.
 */
import type { Timers } from '../../../base/env.ts';
import type { Lifecycle } from '../../../base/lifecycle.ts';
import { limits } from '../../../base/limits.ts';
import type { Journal } from './journal.ts';
import type { JournalEntry } from './journal-frame.ts';
import { areCrowd } from './sync-route.ts';

/** A log that wants to be durable. It is in at most one round at a time. */
export interface RoundMember {
  /** What of the log is not durable, if the journal can take it: then it is given it. */
  journalEntry(): JournalEntry | undefined;
  /** Syncs the log's own segments. A rejection has been reported by the log itself. */
  sync(): Promise<void>;
  /** The journal has `entry`, durably. */
  onJournalled(entry: JournalEntry): void;
  /** Nobody knows whether the journal has what it was given. */
  onJournalFault(fault: Error): void;
  /** The member may join again. */
  onServed(): void;
}

interface JournalWish {
  readonly member: RoundMember;
  readonly entry: JournalEntry;
}

export class SyncRounds {
  readonly #journal: Journal;
  readonly #timers: Timers;
  readonly #lifecycle: Lifecycle;
  #waiting: RoundMember[] = [];
  #directUnderWay = 0;
  #running = false;

  constructor(options: { journal: Journal; timers: Timers; lifecycle: Lifecycle }) {
    this.#journal = options.journal;
    this.#timers = options.timers;
    this.#lifecycle = options.lifecycle;
  }

  join(member: RoundMember): void {
    this.#waiting.push(member);
    // A log that outlives its engine is synced when it closes.
    if (this.#running || this.#lifecycle.stopped) return;
    this.#running = true;
    this.#lifecycle.run('make logs durable', () => this.#run());
  }

  async #run(): Promise<void> {
    // All logs that were written in this turn of the event loop share the round.
    await new Promise<void>((resolve) => this.#timers.soon(resolve));
    while (this.#waiting.length > 0) await this.#round();
    this.#running = false;
  }

  async #round(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const sharesJournal = this.#journal.hasRoom && areCrowd(waiting.length, this.#directUnderWay);
    let group: JournalWish[] = [];
    let bytes = 0;
    for (const member of waiting) {
      const entry = sharesJournal ? member.journalEntry() : undefined;
      if (entry === undefined) {
        this.#syncDirectly(member);
        continue;
      }
      if (bytes + entry.bytes > limits.journalFrameBytes) {
        await this.#writeJournal(group);
        group = [];
        bytes = 0;
      }
      group.push({ member, entry });
      bytes += entry.bytes;
    }
    if (group.length > 0) await this.#writeJournal(group);
  }

  /** Nobody waits for it: the log is in the next round when it is done. */
  #syncDirectly(member: RoundMember): void {
    this.#directUnderWay += 1;
    this.#lifecycle.run('sync a log', async () => {
      // The log has told its partition about a fault.
      await member.sync().catch(() => {});
      this.#directUnderWay -= 1;
      member.onServed();
    });
  }

  async #writeJournal(group: readonly JournalWish[]): Promise<void> {
    try {
      await this.#journal.append(group.map(({ entry }) => entry));
      for (const { member, entry } of group) member.onJournalled(entry);
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      for (const { member } of group) member.onJournalFault(fault);
    }
    for (const { member } of group) member.onServed();
  }
}
