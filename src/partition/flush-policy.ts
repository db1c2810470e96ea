/**
 * When a partition's bytes must be on stable storage: before they are acknowledged (`durability=sync`, or a topic with `flush.messages=1`), or some
 * time later, after so many records or milliseconds. Owns nothing but that decision and its timer; the log does the syncing.
 */
import type { Timer, Timers } from '../base/env.ts';
import type { TopicSettings } from '../config/topic-settings.ts';

export type FlushSettings = Pick<TopicSettings, 'durability' | 'flushMessages' | 'flushMs'>;

/**
 * True when the high watermark follows what is on stable storage, false when it follows what the operating system has. A topic that sets its
 * own flush interval has traded power-loss safety for speed, as in Apache Kafka; an interval of one record is a sync before each acknowledgement.
 */
export function syncsBeforeAcknowledging(settings: FlushSettings): boolean {
  if (settings.flushMessages === 1) return true;
  if (settings.flushMessages < Number.MAX_SAFE_INTEGER || settings.flushMs < Number.MAX_SAFE_INTEGER) return false;
  return settings.durability === 'sync';
}

/** Asks for a sync after `flush.messages` records or `flush.ms`, whichever comes first. */
export class FlushSchedule {
  readonly #timers: Timers;
  readonly #requestSync: () => void;
  #settings: FlushSettings;
  #records = 0;
  #timer: Timer | undefined;

  constructor(timers: Timers, settings: FlushSettings, requestSync: () => void) {
    this.#timers = timers;
    this.#settings = settings;
    this.#requestSync = requestSync;
  }

  appended(records: number): void {
    this.#records += records;
    if (this.#records >= this.#settings.flushMessages) {
      this.#sync();
    } else if (this.#timer === undefined && this.#settings.flushMs < Number.MAX_SAFE_INTEGER) {
      this.#timer = this.#timers.after(this.#settings.flushMs, () => this.#sync());
    }
  }

  reconfigure(settings: FlushSettings): void {
    this.#settings = settings;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #sync(): void {
    this.stop();
    this.#records = 0;
    this.#requestSync();
  }
}
