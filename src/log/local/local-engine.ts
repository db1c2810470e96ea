/**
 * Logs in the files of one data directory, in Apache Kafka's layout. Owns what all logs share: the open files, the recent batches, the
 * checkpoint files, and what a clean stop leaves for the next start. Whoever makes one has the directory's lock.
 */
import { assert } from '../../base/assert.ts';
import type { Env } from '../../base/env.ts';
import { DiskFault, ifAbsent } from '../../base/faults.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import { limits } from '../../base/limits.ts';
import { SharedRuns } from '../../base/shared-runs.ts';
import { Slots } from '../../base/slots.ts';
import type { DirectoryUsage, LogEngine, LogId, LogSettings, LogUsage, PartitionLog } from '../log-engine.ts';
import { keyOf } from '../log-key.ts';
import { RecentBatches } from '../recent-batches.ts';
import type { LogCut } from './backup/log-cut.ts';
import { Checkpoints } from './checkpoints.ts';
import { markCleanStop, takeCleanStart } from './clean-stop.ts';
import { makeDataDirectory } from './data-directory.ts';
import { DeferredRemovals } from './deferred-removals.ts';
import { DepartedDirectories } from './departed-directories.ts';
import { DiskRoom } from './disk-room.ts';
import { CLEAN_SHUTDOWN, directoryName, LOG, parseDirectoryName } from './file-names.ts';
import { discardJournal, Journal } from './journal/journal.ts';
import { SyncRounds } from './journal/sync-rounds.ts';
import { KnownLogs } from './known-logs.ts';
import type { LogHost } from './log-host.ts';
import { LogOpener } from './log-opener.ts';
import type { LogState } from './log-state.ts';
import { LogTransfers } from './move/log-transfers.ts';
import { OpenFiles } from './open-files.ts';
import { RecoveryPoints } from './recovery-points.ts';
import { RecoveryReport } from './recovery-report.ts';
import { sparingDisk } from './sparing-disk.ts';
import { tellUnseenJournal } from './unseen-journal.ts';
import { WriteSchedule } from './write-schedule.ts';

export interface LocalEngineOptions {
  readonly env: Env;
  /** The data directory. */
  readonly root: string;
  /** `log.flush.offset.checkpoint.interval.ms`, as it is now: how much a crash may leave to be checked. */
  readonly checkpointIntervalMs: () => number;
  /** Logs that go on when the disk is full except for its reserve. Default: none. */
  readonly usesReserve?: (id: LogId) => boolean;
  /** Logs that are not opened where records are missing that were durable. Default: none. */
  readonly mustBeWhole?: (id: LogId) => boolean;
  /** Told of every fault that closed a log, and of checkpoints that could not be written. Must not throw. */
  readonly onFault?: (fault: Error) => void;
  /** False: the data directory is away, and what is in its place, if anything, is another one. Asked before a directory is made in it. Default: it stays. */
  readonly isThere?: () => Promise<boolean>;
  readonly recentBatchBytes?: number;
  readonly openFilesMax?: number;
  readonly journalFileBytes?: number;
}

/** So much of the recent batches may be in no segment yet. */
const LATE_SHARE = 1 / 2;

export class LocalLogEngine implements LogEngine {
  /** For moves between data directories. */
  readonly transfers: LogTransfers;
  readonly #env: Env;
  readonly #root: string;
  readonly #lifecycle: Lifecycle;
  readonly #files: OpenFiles;
  readonly #removals: DeferredRemovals;
  readonly #departed: DepartedDirectories;
  readonly #checkpoints: Checkpoints;
  readonly #recoveryPoints: RecoveryPoints;
  readonly #recoveries: RecoveryReport;
  readonly #room: DiskRoom;
  readonly #onFault: (fault: Error) => void;
  readonly #host: LogHost;
  readonly #journal: Journal;
  readonly #known: KnownLogs;
  readonly #rootLooks: SharedRuns;
  readonly #opener: LogOpener;

  private constructor(
    options: LocalEngineOptions,
    found: {
      readonly lifecycle: Lifecycle;
      readonly checkpoints: Checkpoints;
      readonly known: KnownLogs;
      readonly journal: Journal;
      readonly rootLooks: SharedRuns;
    },
  ) {
    const { env, root } = options;
    const { lifecycle, checkpoints, known, journal, rootLooks } = found;
    const { disk, clock, timers, logger } = env;
    this.#env = env;
    this.#root = root;
    this.#checkpoints = checkpoints;
    this.#known = known;
    this.#lifecycle = lifecycle;
    this.#journal = journal;
    // New logs' directories become durable together, and so do removals.
    const rootSyncs = new SharedRuns(() => disk.syncDirectory(root));
    const recentBatchBytes = options.recentBatchBytes ?? limits.recentBatchBytes;
    const openMax = options.openFilesMax ?? limits.openLogFiles;
    this.#files = new OpenFiles({ disk, lifecycle, openMax });
    this.#removals = new DeferredRemovals({ disk, timers, lifecycle });
    this.#departed = new DepartedDirectories({
      env,
      root,
      lifecycle,
      checkpoints,
      rootSyncs,
      onDeparted: (name) => known.forget(name),
    });
    this.#recoveries = new RecoveryReport({
      clock,
      timers,
      logger,
      root,
      left: () => known.unsound.size,
    });
    const writes = new WriteSchedule({ timers, lateBytesMax: recentBatchBytes * LATE_SHARE });
    const unwrittenBytes = () => writes.lateBytes;
    this.#room = new DiskRoom({ env, root, lifecycle, unwrittenBytes });
    this.#onFault = options.onFault ?? (() => {});
    this.#host = {
      env,
      files: this.#files,
      recent: new RecentBatches(recentBatchBytes, () => writes.all()),
      slots: new Slots(limits.logsOpening),
      syncSlots: new Slots(limits.logsSyncing),
      room: this.#room,
      usesReserve: options.usesReserve ?? (() => false),
      mustBeWhole: options.mustBeWhole ?? (() => false),
      failed: (fault) => this.#noteFault(fault),
      syncRounds: new SyncRounds({ journal, timers, lifecycle }),
      journal,
      writes,
      saveStart: (id, offset) => checkpoints.saveStart(directoryName(id), offset),
      discard: ({ path }, segments, delayMs) => this.#removals.add(path, segments, delayMs),
      cleanOffset: (id) => checkpoints.cleanOffset(directoryName(id)),
      saveCleanOffset: (id, offset) => checkpoints.saveCleanOffset(directoryName(id), offset),
      discardRenamed: (segments, paths, delayMs) => this.#removals.addRenamed(segments, paths, delayMs),
      wantsCheckpoint: () => this.#recoveryPoints.soon(),
      closed: (log, state) => this.#onClosed(log, state),
    };
    this.#recoveryPoints = new RecoveryPoints({
      clock,
      timers,
      lifecycle,
      checkpoints,
      logs: known.open,
      intervalMs: () => Math.min(options.checkpointIntervalMs(), limits.recoveryPointAgeMs),
      onDue: () => this.#room.checkSoon(),
      onFault: (fault) => {
        logger.warn({ err: fault, root }, 'the recovery points could not be written');
        this.#noteFault(fault);
      },
    });
    const [host, departed, recoveries] = [this.#host, this.#departed, this.#recoveries];
    this.#rootLooks = rootLooks;
    this.#opener = new LogOpener({ root, host, known, checkpoints, departed, recoveries, rootSyncs, rootLooks });
    this.transfers = new LogTransfers({ env, root, known, checkpoints, departed, journal });
  }

  /** Makes the directory when absent, and takes note of how the last stop was. Rejects with a DiskFault. */
  static async start(options: LocalEngineOptions): Promise<LocalLogEngine> {
    const { root } = options;
    let engine: LocalLogEngine | undefined;
    const disk = sparingDisk(options.env.disk, async () => (engine === undefined ? false : engine.#files.spareOne()));
    const env = { ...options.env, disk };
    await makeDataDirectory(env.disk, root);
    const checkpoints = await Checkpoints.read(env.disk, root, env.logger);
    const entries = await env.disk.list(root);
    // Whoever has left Kafka's marker has not seen the journal.
    if (entries.some(({ name }) => name === CLEAN_SHUTDOWN)) {
      await tellUnseenJournal(env.disk, env.logger, root);
      await discardJournal(env.disk, root);
    }
    const start = await takeCleanStart(env.disk, root);
    const names = entries.filter(({ kind }) => kind === 'directory').map(({ name }) => name);
    const lifecycle = new Lifecycle(env.logger);
    // A log that is not open was closed orderly, or waits for its recovery.
    const syncLog = async (id: LogId) => (engine === undefined ? undefined : engine.#known.openLog(id)?.settle());
    const fileBytesMax = options.journalFileBytes ?? limits.journalFileBytes;
    const isThere = options.isThere ?? (async () => true);
    // Shared, because thousands of new logs may ask at a time.
    const rootLooks = new SharedRuns(async () => {
      if (!(await isThere())) throw new DiskFault({ kind: 'absent', operation: 'stat', path: root });
    });
    const journal = await Journal.open({
      disk,
      logger: env.logger,
      timers: env.timers,
      lifecycle,
      root,
      fileBytesMax,
      syncLog,
      beforeFile: () => rootLooks.run(),
    });
    for (const { id } of start.states.values()) journal.settled(id, Number.POSITIVE_INFINITY);
    const unknown = names.filter((name) => !start.clean && !start.states.has(name) && parseDirectoryName(name));
    const unsound = [...unknown, ...journal.logs().map(directoryName)];
    const known = new KnownLogs({ disk, root, states: start.states, unsound });
    const found = { lifecycle, checkpoints, known, journal, rootLooks };
    engine = new LocalLogEngine({ ...options, env }, found);
    engine.#departed.found(names);
    await engine.#room.check();
    return engine;
  }

  open(id: LogId, settings: LogSettings): Promise<PartitionLog> {
    return this.#opener.open(id, settings);
  }

  #onClosed({ id, durableOffset }: Parameters<LogHost['closed']>[0], state: LogState | undefined): void {
    const name = directoryName(id);
    this.#known.closed(name, state);
    if (state?.epochsSaved === true) this.#checkpoints.setRecoveryPoint(name, durableOffset);
  }

  /** Whether whoever starts next may trust every log. A directory that does not say whose it is counts for nobody's: it is checked if it is ever opened. */
  async #areAllSound(): Promise<boolean> {
    const journalled = new Set(this.#journal.logs().map(directoryName));
    try {
      for (const name of this.#known.unsound) {
        if (journalled.has(name) || (await this.#known.topicIdOf(name)) !== undefined) return false;
      }
      return true;
    } catch (error) {
      if (error instanceof DiskFault) return false;
      throw error;
    }
  }

  #tellUnsound(): void {
    const { unsound } = this.#known;
    const [first] = unsound;
    const fields = { root: this.#root, count: unsound.size, first };
    this.#env.logger.warn(
      fields,
      'not every log was recovered before the stop: the next start checks those that were not',
    );
  }

  async list(): Promise<readonly LogId[]> {
    const ids: LogId[] = [];
    for (const { name, kind } of await this.#env.disk.list(this.#root)) {
      const parsed = kind === 'directory' ? parseDirectoryName(name) : undefined;
      const topicId = parsed === undefined ? undefined : await this.#known.topicIdOf(name);
      if (parsed !== undefined && topicId !== undefined) ids.push({ ...parsed, topicId });
    }
    // The name of a log's directory may be lost where the journal still has its records.
    const known = new Set(ids.map(keyOf));
    return [...ids, ...this.#journal.logs().filter((id) => !known.has(keyOf(id)))];
  }

  async remove(id: LogId): Promise<void> {
    const name = directoryName(id);
    const topicId = await this.#known.topicIdOf(name);
    if (topicId === id.topicId) {
      assert(!this.#known.isInUse(name), 'an open log removed', { id });
      await this.#host.slots.run(() => this.#departed.remove(id));
    } else if ((await this.#env.disk.stat(`${this.#root}/${name}`)) === undefined) {
      this.#known.missed(name);
    } else if (topicId === undefined && !this.#known.isOpening(name)) {
      // It may be this log's: the next one of its name must not begin with its records.
      await this.#departed.setAside(id, undefined);
    }
    this.#journal.settled(id, Number.POSITIVE_INFINITY);
  }

  async setAside(id: LogId): Promise<void> {
    const name = directoryName(id);
    if ((await this.#known.topicIdOf(name)) === id.topicId) {
      assert(!this.#known.isInUse(name), 'an open log set aside', { id });
      await this.#host.slots.run(() => this.#departed.setAside(id, id.topicId));
    }
    this.#journal.settled(id, Number.POSITIVE_INFINITY);
  }

  async usage(): Promise<readonly LogUsage[]> {
    const ids = await this.list();
    const usages = await Promise.all(ids.map((id) => this.#usageOf(id)));
    return usages.filter((usage) => usage !== undefined);
  }

  async directories(): Promise<readonly DirectoryUsage[]> {
    const space = await this.#env.disk.space(this.#root);
    return [{ path: this.#root, isOffline: false, ...space, logs: await this.usage() }];
  }

  /** Undefined: the log was removed meanwhile. */
  async #usageOf(id: LogId): Promise<LogUsage | undefined> {
    const name = directoryName(id);
    const open = this.#known.open.get(name);
    if (open !== undefined) return { id, bytes: open.bytes };
    const entries = await this.#env.disk.list(`${this.#root}/${name}`).catch(ifAbsent);
    const bytes = entries?.reduce((sum, entry) => (entry.name.endsWith(LOG) ? sum + entry.bytes : sum), 0);
    return bytes === undefined ? undefined : { id, bytes };
  }

  /** Where all open logs stand in this turn. Resolves when all of it is in their files; a log that fails meanwhile is left out. */
  async cut(): Promise<readonly LogCut[]> {
    const logs = [...this.#known.open.values()];
    const cuts = logs.map((log) => log.cut());
    const areWritten = await Promise.all(logs.map((log) => log.written()));
    return cuts.filter((_, index) => areWritten[index]);
  }

  /** Ends all open logs: their directory is not there any more. */
  fail(fault: Error): void {
    for (const log of [...this.#known.open.values()]) log.fail(fault);
  }

  #noteFault(fault: Error): void {
    if (fault instanceof DiskFault && fault.kind === 'full') this.#room.noteFull();
    this.#onFault(fault);
  }

  async close(): Promise<void> {
    this.#recoveryPoints.stop();
    this.#recoveries.stop();
    this.#room.stop();
    const closed = await Promise.allSettled(Array.from(this.#known.open.values(), (log) => log.close()));
    const removed = await Promise.allSettled([this.#removals.finish()]);
    await this.#lifecycle.stop();
    await this.#journal.close();
    // Nothing is left in what has taken the place of a directory that is away.
    await this.#rootLooks.run();
    await this.#checkpoints.writeRecoveryPoints();
    const logs = [...this.#known.states.values()];
    const allSound = await this.#areAllSound();
    await markCleanStop(this.#env.disk, this.#root, { logs, allSound, token: this.#env.clock.now() });
    if (!allSound) this.#tellUnsound();
    for (const result of [...closed, ...removed]) if (result.status === 'rejected') throw result.reason;
  }
}
