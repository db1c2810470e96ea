/**
 * Whether a data directory has room for appends. They end while a reserve is still free, so that what a full disk needs most can be written:
 * checkpoints, snapshots, indexes, and the metadata of deletions that make room again. Owns the state "full"; reads never ask.
 */
import type { Env, Timer } from '../../base/env.ts';
import { FaultPause } from '../../base/fault-pause.ts';
import { DiskFault } from '../../base/faults.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import { limits } from '../../base/limits.ts';

/** The reserve of a small volume: a twentieth of it. */
const RESERVE_DIVISOR = 20;
/** Appends begin again when a quarter more than the reserve is free, so that they do not begin and end with every batch. */
const RESUME_FACTOR = 1.25;

export interface DiskRoomOptions {
  readonly env: Pick<Env, 'clock' | 'disk' | 'logger' | 'timers'>;
  readonly root: string;
  readonly lifecycle: Lifecycle;
  /** What was appended and has no place on the disk yet. */
  readonly unwrittenBytes: () => number;
}

export class DiskRoom {
  readonly #options: DiskRoomOptions;
  /** Only of a disk that has free bytes and refuses writes. */
  #pause = new FaultPause();
  /** Bytes that may still be appended before the disk is asked again. */
  #believed = 0;
  #full = false;
  #checking: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Whether `bytes` may be appended. What is small and must go on (`usesReserve`) may be, as long as the disk itself does not refuse it. */
  take(bytes: number, usesReserve: boolean): boolean {
    if (this.#full) return usesReserve;
    this.#believed -= bytes;
    if (this.#believed <= 0) this.checkSoon();
    return true;
  }

  /** The disk has refused a write for want of room, whatever it says of its free bytes: a quota, or no inode left. */
  noteFull(): void {
    this.#pause.noteFault(this.#options.env.clock.monotonicMs());
    this.#becomeFull({ refusedBy: 'disk' });
  }

  checkSoon(): void {
    const { lifecycle } = this.#options;
    if (this.#checking !== undefined || lifecycle.stopped) return;
    lifecycle.run('look how much room a disk has', () => this.check());
  }

  /** Asks the disk. One that cannot tell is asked again with the next append, which will find out what is wrong with it. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check(): Promise<void> {
    const { env, root } = this.#options;
    const space = await env.disk.space(root).catch(unlessFault);
    if (space === undefined) return;
    const { totalBytes, usableBytes } = space;
    const reserveBytes = Math.min(limits.diskReserveBytes, Math.floor(totalBytes / RESERVE_DIVISOR));
    const room = usableBytes - this.#options.unwrittenBytes() - reserveBytes;
    this.#believed = Math.min(room / 2, limits.diskCheckBytes);
    // It says itself when there is room again, and is not tried out before.
    if (room <= 0) this.#pause = new FaultPause();
    if (!this.#full && room <= 0) this.#becomeFull({ usableBytes, reserveBytes });
    else if (this.#full && this.#mayResume(usableBytes, reserveBytes)) this.#resume(usableBytes);
  }

  #mayResume(usableBytes: number, reserveBytes: number): boolean {
    return (
      usableBytes > reserveBytes * RESUME_FACTOR && this.#pause.leftMs(this.#options.env.clock.monotonicMs()) === 0
    );
  }

  #becomeFull(why: object): void {
    if (this.#full) return;
    this.#full = true;
    this.#options.env.logger.error(
      { root: this.#options.root, ...why },
      'the disk is full: appends are refused, reads go on',
    );
    this.#lookAgain();
  }

  #resume(usableBytes: number): void {
    this.#full = false;
    this.#options.env.logger.warn(
      { root: this.#options.root, usableBytes },
      'the disk has room again: appends are taken',
    );
  }

  #lookAgain(): void {
    const { env, lifecycle } = this.#options;
    this.#timer?.cancel();
    this.#timer = env.timers.after(limits.diskCheckIntervalMs, () => {
      if (!this.#full || lifecycle.stopped) return;
      this.checkSoon();
      this.#lookAgain();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}

function unlessFault(error: unknown): undefined {
  if (!(error instanceof DiskFault)) throw error;
  return undefined;
}
