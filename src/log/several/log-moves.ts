/**
 * Logs that are being moved from one data directory to another (KIP-113, decision 0026). Owns which ones, and the order of a move: a copy is made beside the log while
 * that is written and read; when little is missing, the log is closed and opened again, and before it is opened, the rest is copied and the row in the
 * placement that says where the log is becomes another one. Until that row is durable the old directory has the log, from then on the new one (invariant I23).
 *
 * A copy that fails is tried again with growing pauses, from its beginning. The wish outlives a restart: it is the copy's directory.
 */
import type { Env } from '../../base/env.ts';
import { FaultPause } from '../../base/fault-pause.ts';
import { DiskFault } from '../../base/faults.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import { limits } from '../../base/limits.ts';
import { Slots } from '../../base/slots.ts';
import { Turns } from '../../base/turns.ts';
import { CopyUnfit, type FutureLog, type Pace } from '../local/move/future-log.ts';
import type { ClosedLog } from '../local/move/log-transfers.ts';
import type { FutureUsage, LogId, LogUsage } from '../log-engine.ts';
import { keyOf } from '../log-key.ts';
import type { MountedDirectory, UsableDirectory } from './mounted-directory.ts';
import type { PlacementFile } from './placement-file.ts';

export interface LogMovesOptions {
  readonly env: Env;
  readonly lifecycle: Lifecycle;
  /** As it is now. */
  readonly placement: () => PlacementFile;
  /** Where a log is now; undefined when it cannot be used. */
  readonly directoryOf: (id: LogId) => MountedDirectory | undefined;
  readonly usableById: (directoryId: string) => UsableDirectory | undefined;
  /** Whether a directory that nobody can look into now may come back. */
  readonly isOneAway: () => boolean;
}

/** What becomes of a move from outside of the logs. */
export interface MoveHost {
  /** See `Pace`. */
  readonly pace: Pace['pace'];
  /** Closes the log if it is open, and opens it again. Resolves when it is open, or cannot be opened. */
  readonly reopen: (id: LogId) => Promise<void>;
}

export interface FoundIn {
  readonly target: MountedDirectory;
  /** The target's, which it does not have yet. */
  readonly usable: UsableDirectory;
  readonly knowsAll: boolean;
}

interface Move {
  readonly id: LogId;
  readonly target: MountedDirectory;
  readonly future: FutureLog;
  readonly pause: FaultPause;
  /** Ends the copying that is under way. */
  abort: AbortController;
  /** Never rejects. */
  copying: Promise<void>;
  /** Little is missing: it can take the log's place when that is closed. */
  isReady: boolean;
}

export class LogMoves {
  readonly #options: LogMovesOptions;
  readonly #moves = new Map<string, Move>();
  readonly #turns = new Turns();
  readonly #slots = new Slots(limits.logsMoving);
  #host: MoveHost | undefined;
  /** Logs on their way from one directory to the other: between the two, neither may list them. */
  readonly #settling = new Map<string, LogUsage>();
  /** What was on its way during each look at the directories that is under way. */
  readonly #watches = new Set<Map<string, LogUsage>>();
  /** Logs of which nobody knows where they are, because the placement could not be written. */
  readonly #undecided = new Set<string>();

  constructor(options: LogMovesOptions) {
    this.#options = options;
  }

  /** From now on copies are made. */
  start(host: MoveHost): void {
    this.#host = host;
    for (const { id } of this.#moves.values()) this.#reopenSoon(id);
  }

  /** Where the log is being moved to. */
  targetOf(id: LogId): MountedDirectory | undefined {
    return this.#moves.get(keyOf(id))?.target;
  }

  /** The copies in a directory. */
  usageIn(directory: MountedDirectory): readonly FutureUsage[] {
    const moves = [...this.#moves.values()].filter(({ target }) => target === directory);
    return moves.map(({ id, future: { bytes, endOffset } }) => {
      const logEndOffset = this.#options.directoryOf(id)?.usable?.engine.transfers.endOffset(id) ?? endOffset;
      return { id, bytes, offsetLag: Math.max(0, logEndOffset - endOffset) };
    });
  }

  /** Looks at the directories, one after the other, and tells which logs went from one to another meanwhile: they may have been found in none, or in both. */
  async watching<T>(look: () => Promise<T>): Promise<{ readonly found: T; readonly moved: readonly LogUsage[] }> {
    const moved = new Map(this.#settling);
    this.#watches.add(moved);
    try {
      const found = await look();
      return { found, moved: [...moved.values()] };
    } finally {
      this.#watches.delete(moved);
    }
  }

  /** Moves an open log to `target`, or nowhere else than it is (undefined); what was wished before is given up. Durable when it resolves. */
  wish(id: LogId, target: MountedDirectory | undefined): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#moves.get(keyOf(id))?.target === target) return;
      await this.#giveUp(id);
      // It may have been moved there while others had their turn.
      if (target === undefined || target === this.#options.directoryOf(id)) return;
      this.resume(await target.engine.transfers.makeFuture(id), target);
      this.opened(id);
    });
  }

  /** A wish that was found. */
  resume(future: FutureLog, target: MountedDirectory): void {
    this.#moves.set(keyOf(future.id), {
      id: future.id,
      target,
      future,
      pause: new FaultPause(),
      abort: new AbortController(),
      copying: Promise.resolve(),
      isReady: false,
    });
  }

  /** The log is about to go, or stays where it is. Rejects with a DiskFault. */
  giveUp(id: LogId): Promise<void> {
    if (!this.#moves.has(keyOf(id))) return Promise.resolve();
    return this.#turns.take(() => this.#giveUp(id));
  }

  async #giveUp(id: LogId): Promise<void> {
    const move = this.#moves.get(keyOf(id));
    if (move === undefined) return;
    this.#moves.delete(keyOf(id));
    move.abort.abort();
    await move.copying;
    this.#options.directoryOf(id)?.usable?.engine.transfers.endCopy(id);
    await move.target.usable?.engine.transfers.discardFuture(move.future);
  }

  /** The log is open: if it is to be moved, the copying begins. */
  opened(id: LogId): void {
    const { lifecycle } = this.#options;
    const move = this.#moves.get(keyOf(id));
    if (move === undefined || this.#host === undefined || lifecycle.stopped) return;
    move.abort.abort();
    move.abort = new AbortController();
    move.isReady = false;
    // It is opened once more when the pause after a fault is over.
    if (move.pause.leftMs(this.#options.env.clock.monotonicMs()) > 0) return;
    const host = this.#host;
    const before = move.copying;
    const { promise, resolve } = Promise.withResolvers<void>();
    move.copying = promise;
    lifecycle.run('copy a log that is to be moved', async (stopped) => {
      const signal = AbortSignal.any([stopped, move.abort.signal]);
      try {
        await before;
        await this.#copy(move, { pace: host.pace, signal });
      } catch (error) {
        if (!(error instanceof DiskFault)) throw error;
        this.#noteFault(move, error);
      } finally {
        resolve();
      }
      if (move.isReady && !signal.aborted) await host.reopen(id);
    });
  }

  async #copy(move: Move, pace: Pace): Promise<void> {
    const { id, future, target } = move;
    await future.empty();
    const source = await this.#options.directoryOf(id)?.usable?.engine.transfers.copySource(id);
    while (source !== undefined && !pace.signal.aborted) {
      if (!(await this.#slots.run(() => future.catchUp(source, pace)))) return this.#retryLater(move);
      if (pace.signal.aborted || future.missingBytes(source.cut()) > limits.moveRestBytes) continue;
      // While it was copied its directory may have gone.
      move.isReady = target.usable !== undefined;
      return;
    }
  }

  /** Nobody knows on which side it was. */
  #noteFault(move: Move, fault: DiskFault): void {
    const { env, directoryOf } = this.#options;
    const { id, target } = move;
    env.logger.warn({ err: fault, log: id, directory: target.path }, 'a log could not be moved and is tried again');
    for (const directory of [target, directoryOf(id)]) directory?.noteFault(fault);
    this.#retryLater(move);
  }

  /** Copied anew, when the log was opened again. */
  #retryLater(move: Move): void {
    const { env } = this.#options;
    const { id, pause } = move;
    const nowMs = env.clock.monotonicMs();
    pause.noteFault(nowMs);
    env.timers.after(pause.leftMs(nowMs), () => {
      if (this.#moves.get(keyOf(id)) === move) this.#reopenSoon(id);
    });
  }

  /** Copying begins when the log is open, and with a log that is closed and opened again it begins anew. */
  #reopenSoon(id: LogId): void {
    const { lifecycle } = this.#options;
    const host = this.#host;
    if (host !== undefined && !lifecycle.stopped)
      lifecycle.run('open a log that is to be moved', () => host.reopen(id));
  }

  /**
   * To be awaited before a log, which is closed, is opened: a copy of which little is missing becomes the log. Rejects with a DiskFault when it cannot be
   * told where the log is; a copy that fails before that stays a copy.
   */
  async settle(id: LogId): Promise<void> {
    const key = keyOf(id);
    const isMoving = this.#moves.get(key)?.isReady === true;
    if (!isMoving && !this.#undecided.has(key) && this.#options.placement().movedFrom(id) === undefined) return;
    await this.#turns.take(async () => {
      // Whatever was written before, the row that says where the log is becomes durable again.
      if (this.#undecided.has(key)) await this.#options.placement().save();
      this.#undecided.delete(key);
      const move = this.#moves.get(key);
      if (move?.isReady === true) await this.#finish(move);
      else await this.#complete(id);
    });
  }

  async #finish(move: Move): Promise<void> {
    const { id, target, future } = move;
    move.isReady = false;
    const source = this.#options.directoryOf(id)?.usable;
    const closed = source?.engine.transfers.closedLog(id);
    // After a fault the log may have become another one: it is copied anew when it is open.
    if (source === undefined || closed === undefined) return;
    if (!(await this.#isLeftNowhere(id))) return this.#retryLater(move);
    const { clock, logger } = this.#options.env;
    const startMs = clock.monotonicMs();
    try {
      await future.complete(closed.path, closed.state);
      await target.engine.transfers.expect(id, closed);
    } catch (error) {
      if (error instanceof DiskFault) this.#noteFault(move, error);
      else if (error instanceof CopyUnfit) logger.warn({ err: error, log: id }, 'a log is copied anew');
      else throw error;
      return;
    }
    const usage = { id, bytes: future.bytes };
    for (const moved of [this.#settling, ...this.#watches]) moved.set(keyOf(id), usage);
    await this.#commit(move, source);
    await this.#complete(id, closed);
    const tookMs = clock.monotonicMs() - startMs;
    logger.info({ log: id, directory: target.path, tookMs }, 'a log was moved to another data directory');
  }

  /** From the moment on at which the row is durable the new directory has the log. When it rejects nobody knows, and the log is opened nowhere. */
  async #commit({ id, target }: Move, source: UsableDirectory): Promise<void> {
    const placement = this.#options.placement();
    try {
      placement.set(id, target.directoryId ?? '', source.directoryId);
      await placement.save();
    } catch (error) {
      placement.set(id, source.directoryId);
      this.#undecided.add(keyOf(id));
      this.#settling.delete(keyOf(id));
      throw error;
    }
  }

  /** The new directory has the log: its copy gets the log's name, and what the old one has goes. May be done again. */
  async #complete(id: LogId, closed?: ClosedLog): Promise<void> {
    const { placement, directoryOf } = this.#options;
    if (placement().movedFrom(id) === undefined) return;
    const target = directoryOf(id);
    // Nothing but the target's copy is the log now.
    if (target?.usable === undefined) return;
    const move = this.#moves.get(keyOf(id));
    if (move?.target === target) {
      await target.usable.engine.transfers.admit(move.future, closed?.state);
      this.#moves.delete(keyOf(id));
    }
    this.#settling.delete(keyOf(id));
    const from = this.#options.usableById(placement().movedFrom(id) ?? '');
    if (from !== undefined) await this.removeOld(id, { from, target: target.usable });
  }

  /** Nothing is left of an earlier move: a row knows of one such directory, and what nobody knows of would count as a second log. */
  async #isLeftNowhere(id: LogId): Promise<boolean> {
    const { placement, usableById, isOneAway } = this.#options;
    await this.#complete(id);
    const from = placement().movedFrom(id);
    return from === undefined || (usableById(from) === undefined && !isOneAway());
  }

  /** What was left behind goes when the new directory has the log; what cannot be removed now goes when its directory is opened again. */
  async removeOld(id: LogId, { from, target }: { from: UsableDirectory; target: UsableDirectory }): Promise<void> {
    const placement = this.#options.placement();
    if (placement.get(id) !== target.directoryId || placement.movedFrom(id) !== from.directoryId) return;
    try {
      if (!(await target.engine.transfers.hasDirectory(id))) return;
      await from.engine.remove(id);
      placement.set(id, target.directoryId);
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      this.#options.env.logger.warn(
        { err: error, log: id },
        'what a moved log has left behind could not be removed yet',
      );
    }
  }

  /** A directory has come, with a copy in it. `knowsAll`: a log without a row is none. */
  async found(future: FutureLog, { target, usable, knowsAll }: FoundIn): Promise<void> {
    const { id } = future;
    const placement = this.#options.placement();
    const directoryId = placement.get(id);
    const move = this.#moves.get(keyOf(id));
    if (directoryId === usable.directoryId && !(await usable.engine.transfers.hasDirectory(id))) {
      await usable.engine.transfers.admit(future, undefined);
      if (move?.target === target) this.#moves.delete(keyOf(id));
    } else if (directoryId !== undefined && directoryId !== usable.directoryId && move === undefined) {
      this.resume(future, target);
      this.#reopenSoon(id);
    } else if (move?.future.path === future.path) {
      this.#reopenSoon(id);
    } else if (directoryId !== undefined || knowsAll) {
      await usable.engine.transfers.discardFuture(future);
    }
  }
}
