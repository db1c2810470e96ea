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
import { RecentBatches } from '../recent-batches.ts';
import type { LogCut } from './backup/log-cut.ts';
import { Checkpoints } from './checkpoints.ts';
import { type CleanStart, markCleanStop, takeCleanStart } from './clean-stop.ts';
import { makeDataDirectory } from './data-directory.ts';
import { DeferredRemovals } from './deferred-removals.ts';
import { DepartedDirectories } from './departed-directories.ts';
import { DiskRoom } from './disk-room.ts';
import {
  CLEAN_SHUTDOWN,
  directoryName,
  LOG,
  parseDirectoryName,
  parseFutureDirectoryName,
  uniquePart,
} from './file-names.ts';
import { discardJournal, Journal } from './journal/journal.ts';
import type { OffsetRange } from './journal/journal-file.ts';
import { keyOf } from './journal/journal-frame.ts';
import { firstJournalled, replayJournal } from './journal/replay.ts';
import { SyncRounds } from './journal/sync-rounds.ts';
import { LocalLog, type LogHost } from './local-log.ts';
import { LogDirectory } from './log-directory.ts';
import type { LogState } from './log-state.ts';
import { type CopySource, FutureLog } from './move/future-log.ts';
import { openDirectory } from './open-directory.ts';
import { OpenFiles } from './open-files.ts';
import { openFromState } from './open-from-state.ts';
import { readTopicId } from './partition-metadata.ts';
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
  /** Told of every fault that closed a log, and of checkpoints that could not be written. Must not throw. */
  readonly onFault?: (fault: Error) => void;
  readonly recentBatchBytes?: number;
  readonly openFilesMax?: number;
  readonly journalFileBytes?: number;
}

/** So much of the recent batches may be in no segment yet. */
const LATE_SHARE = 1 / 2;

/** A log that was closed in order, as another data directory takes it over. */
export interface ClosedLog {
  /** Its directory. */
  readonly path: string;
  readonly state: LogState;
  /** Undefined: no compaction has begun in it. */
  readonly cleanOffset: number | undefined;
}

export class LocalLogEngine implements LogEngine {
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
  /** New logs' directories become durable together, and so do removals. */
  readonly #rootSyncs: SharedRuns;
  /** By directory name, like the two below. */
  readonly #open = new Map<string, LocalLog>();
  readonly #opening = new Set<string>();
  /** Logs that are not open and were closed orderly. */
  readonly #states: Map<string, LogState>;
  /** Logs that must be checked when they are opened. */
  readonly #unsound: Set<string>;

  private constructor(
    options: LocalEngineOptions,
    found: {
      readonly lifecycle: Lifecycle;
      readonly checkpoints: Checkpoints;
      readonly start: CleanStart;
      readonly unsound: Set<string>;
      readonly journal: Journal;
    },
  ) {
    const { env } = options;
    this.#env = env;
    this.#root = options.root;
    this.#checkpoints = found.checkpoints;
    this.#states = found.start.states;
    this.#unsound = found.unsound;
    this.#lifecycle = found.lifecycle;
    this.#journal = found.journal;
    this.#rootSyncs = new SharedRuns(() => env.disk.syncDirectory(options.root));
    for (const { id } of found.start.states.values()) this.#journal.settled(id, Number.POSITIVE_INFINITY);
    for (const id of this.#journal.logs()) this.#unsound.add(directoryName(id));
    const recentBatchBytes = options.recentBatchBytes ?? limits.recentBatchBytes;
    const openMax = options.openFilesMax ?? limits.openLogFiles;
    this.#files = new OpenFiles({ disk: env.disk, lifecycle: this.#lifecycle, openMax });
    this.#removals = new DeferredRemovals({ disk: env.disk, timers: env.timers, lifecycle: this.#lifecycle });
    this.#departed = new DepartedDirectories({
      env,
      root: options.root,
      lifecycle: found.lifecycle,
      checkpoints: found.checkpoints,
      rootSyncs: this.#rootSyncs,
      onDeparted: (name) => {
        this.#states.delete(name);
        this.#unsound.delete(name);
      },
    });
    const { clock, timers, logger } = env;
    this.#recoveries = new RecoveryReport({
      clock,
      timers,
      logger,
      root: options.root,
      left: () => this.#unsound.size,
    });
    const writes = new WriteSchedule({ timers: env.timers, lateBytesMax: recentBatchBytes * LATE_SHARE });
    const unwrittenBytes = () => writes.lateBytes;
    this.#room = new DiskRoom({ env, root: options.root, lifecycle: this.#lifecycle, unwrittenBytes });
    this.#onFault = options.onFault ?? (() => {});
    this.#host = {
      env,
      files: this.#files,
      recent: new RecentBatches(recentBatchBytes, () => writes.all()),
      slots: new Slots(limits.logsOpening),
      syncSlots: new Slots(limits.logsSyncing),
      room: this.#room,
      usesReserve: options.usesReserve ?? (() => false),
      failed: (fault) => this.#noteFault(fault),
      syncRounds: new SyncRounds({ journal: found.journal, timers: env.timers, lifecycle: found.lifecycle }),
      journal: found.journal,
      writes,
      saveStart: (id, offset) => this.#checkpoints.saveStart(directoryName(id), offset),
      discard: ({ path }, segments, delayMs) => this.#removals.add(path, segments, delayMs),
      cleanOffset: (id) => this.#checkpoints.cleanOffset(directoryName(id)),
      saveCleanOffset: (id, offset) => this.#checkpoints.saveCleanOffset(directoryName(id), offset),
      discardRenamed: (segments, paths, delayMs) => this.#removals.addRenamed(segments, paths, delayMs),
      wantsCheckpoint: () => this.#recoveryPoints.soon(),
      closed: (log, state) => this.#onClosed(log, state),
    };
    this.#recoveryPoints = new RecoveryPoints({
      clock: env.clock,
      timers: env.timers,
      lifecycle: found.lifecycle,
      checkpoints: found.checkpoints,
      logs: this.#open,
      intervalMs: () => Math.min(options.checkpointIntervalMs(), limits.recoveryPointAgeMs),
      onDue: () => this.#room.checkSoon(),
      onFault: (fault) => {
        env.logger.warn({ err: fault, root: options.root }, 'the recovery points could not be written');
        this.#noteFault(fault);
      },
    });
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
    const unsound = names.filter((name) => !start.clean && !start.states.has(name) && parseDirectoryName(name));
    const lifecycle = new Lifecycle(env.logger);
    const syncLog = async (id: LogId) => (engine === undefined ? undefined : engine.#syncLog(id));
    const fileBytesMax = options.journalFileBytes ?? limits.journalFileBytes;
    const journal = await Journal.open({
      disk,
      logger: env.logger,
      timers: env.timers,
      lifecycle,
      root,
      fileBytesMax,
      syncLog,
    });
    const found = { lifecycle, checkpoints, start, unsound: new Set(unsound), journal };
    engine = new LocalLogEngine({ ...options, env }, found);
    engine.#departed.found(names);
    await engine.#room.check();
    return engine;
  }

  async open(id: LogId, settings: LogSettings): Promise<PartitionLog> {
    const name = directoryName(id);
    assert(!this.#open.has(name) && !this.#opening.has(name), 'a log opened twice', { id });
    this.#opening.add(name);
    try {
      const closedOffset = this.closedLog(id)?.state.segments.at(-1)?.endOffset ?? 0;
      const known = await this.#openFromState(id, settings);
      if (this.#unsound.has(name)) this.#recoveries.begun(name);
      const journalled = await this.#journal.vouchedFor(id);
      const openFromFiles = () => this.#openFromFiles(id, settings, { closedOffset, journalled });
      const log = known ?? (await this.#host.slots.run(openFromFiles));
      await this.#completeFromJournal(log, journalled);
      this.#states.delete(name);
      this.#unsound.delete(name);
      this.#open.set(name, log);
      return log;
    } catch (error) {
      this.#mistrust(name);
      throw error;
    } finally {
      this.#opening.delete(name);
      this.#recoveries.ended(name, this.#open.has(name));
    }
  }

  /** Undefined when there is no state, or when the files have changed since it was written. */
  async #openFromState(id: LogId, settings: LogSettings): Promise<LocalLog | undefined> {
    const name = directoryName(id);
    const state = this.#states.get(name);
    if (state === undefined || state.id.topicId !== id.topicId) return undefined;
    const directory = this.#directory(id, true);
    const opening = { env: this.#env, files: this.#files, directory: directory.path, state, settings };
    const found = await openFromState(opening);
    if (found !== undefined) return this.#log({ id, settings, directory, ...found });
    this.#mistrust(name);
    this.#env.logger.warn({ directory: name }, 'a log has changed since the last clean stop and is checked');
    return undefined;
  }

  /**
   * `closedOffset`: where the log ended when it was closed in order; 0 when that is not known. `journalled`: what the journal has on stable storage, so that it need not
   * be synced anywhere else for now.
   */
  async #openFromFiles(
    id: LogId,
    settings: LogSettings,
    { closedOffset, journalled }: { closedOffset: number; journalled: OffsetRange | undefined },
  ): Promise<LocalLog> {
    const name = directoryName(id);
    const topicId = await this.#topicIdOf(name);
    if (topicId !== undefined && topicId !== id.topicId) await this.#departed.setAside(id, topicId);
    const isNameless = topicId === undefined && (await this.#exists(name));
    const isMissing = topicId === undefined && !isNameless;
    // No clean stop speaks of a directory that does not say whose it is.
    const sound = isMissing || (!isNameless && !this.#unsound.has(name));
    const directory = this.#directory(id, sound && topicId === id.topicId);
    if (isMissing) this.#missDirectory(id, closedOffset);
    if (topicId !== id.topicId) await directory.create();
    const recoveryPoint = sound ? Number.POSITIVE_INFINITY : this.#checkpoints.recoveryPoint(name);
    const found = await openDirectory({
      env: { ...this.#env, logger: this.#env.logger.child({ topic: id.topic, partition: id.partition }) },
      files: this.#files,
      id,
      directory: directory.path,
      settings,
      startOffset: this.#checkpoints.startOffset(name),
      cleanOffset: this.#checkpoints.cleanOffset(name) ?? 0,
      recoveryPoint,
      closedOffset: isMissing ? 0 : closedOffset,
      journalledOffset: this.#journal.endOffset(id),
      journalled,
      distrust: (offset) => this.#checkpoints.lowerRecoveryPoint(name, offset),
    });
    this.#recoveries.checked(found.bytesChecked);
    const active = found.segments.at(-1);
    const isSynced = active === undefined || active.durableBytes === active.bytes;
    // What was recovered counts as durable from here on; its files are synced, their names may not be.
    if (isSynced && (active?.endOffset ?? 0) > recoveryPoint) {
      await directory.sync();
      for (const segment of found.segments) segment.namesDurable = true;
    }
    const { startOffset } = found;
    const isEmpty = active === undefined;
    const firstOffset = isEmpty
      ? await firstJournalled(this.#journal.batchesOf(id, startOffset), startOffset)
      : startOffset;
    const endOffset = isEmpty ? firstOffset : active.endOffset;
    return this.#log({
      id,
      settings,
      directory,
      ...found,
      firstOffset,
      syncedOffset: isSynced ? endOffset : Math.min(recoveryPoint, endOffset),
      epochsChanged: !sound,
      snapshotsMayBeTorn: !sound,
    });
  }

  /** What is durable by the journal alone comes back into the log before anybody sees it. */
  async #completeFromJournal(log: LocalLog, journalled: OffsetRange | undefined): Promise<void> {
    const { id } = log;
    if (!this.#journal.needs(id)) return;
    const logger = this.#env.logger.child({ topic: id.topic, partition: id.partition });
    try {
      const fromOffset = log.endOffset;
      const relieve = () => (journalled === undefined ? log.settle() : log.written());
      await replayJournal(this.#journal.batchesOf(id, fromOffset), log, { logger, relieve });
      this.#recoveries.replayed(log.endOffset - fromOffset);
      if (journalled !== undefined && log.endOffset >= journalled.endOffset) {
        log.trustRestored();
        this.#journal.settleLater(id);
        return;
      }
      await log.settle();
      this.#journal.settled(id, Number.POSITIVE_INFINITY);
    } catch (error) {
      await log.close().catch(() => {});
      throw error;
    }
  }

  /** A log that is not open was closed orderly, or waits for its recovery. */
  async #syncLog(id: LogId): Promise<void> {
    const log = this.#open.get(directoryName(id));
    if (log?.id.topicId === id.topicId) await log.settle();
  }

  /** A log that was durable once and has no directory any more begins anew, and not in silence. */
  #missDirectory(id: LogId, closedOffset: number): void {
    const name = directoryName(id);
    const toOffset = Math.max(closedOffset, this.#checkpoints.recoveryPoint(name));
    if (toOffset === 0) return;
    const fields = {
      topic: id.topic,
      partition: id.partition,
      fromOffset: this.#checkpoints.startOffset(name),
      toOffset,
    };
    this.#env.logger.error(fields, 'the directory of a log is gone: its records are lost');
  }

  #directory(id: LogId, durable: boolean): LogDirectory {
    const syncRoot = () => this.#rootSyncs.run();
    const [name, topicId] = [directoryName(id), id.topicId];
    return new LogDirectory({ disk: this.#env.disk, root: this.#root, syncRoot, name, topicId, durable });
  }

  #log(options: Omit<ConstructorParameters<typeof LocalLog>[0], 'host'>): LocalLog {
    return new LocalLog({ host: this.#host, ...options });
  }

  /** Undefined when there is no such directory, or when it does not say. */
  async #topicIdOf(name: string): Promise<string | undefined> {
    const open = this.#open.get(name)?.id ?? this.#states.get(name)?.id;
    if (open !== undefined) return open.topicId;
    return readTopicId(this.#env.disk, `${this.#root}/${name}`);
  }

  async #exists(name: string): Promise<boolean> {
    return (await this.#env.disk.stat(`${this.#root}/${name}`)) !== undefined;
  }

  #onClosed(log: LocalLog, state: LogState | undefined): void {
    const name = directoryName(log.id);
    this.#open.delete(name);
    if (state === undefined) {
      this.#mistrust(name);
    } else {
      this.#states.set(name, state);
      if (state.epochsSaved) this.#checkpoints.setRecoveryPoint(name, log.durableOffset);
    }
  }

  /** Whether whoever starts next may trust every log. A directory that does not say whose it is counts for nobody's: it is checked if it is ever opened. */
  async #areAllSound(): Promise<boolean> {
    const journalled = new Set(this.#journal.logs().map(directoryName));
    try {
      for (const name of this.#unsound) {
        if (journalled.has(name) || (await this.#topicIdOf(name)) !== undefined) return false;
      }
      return true;
    } catch (error) {
      if (error instanceof DiskFault) return false;
      throw error;
    }
  }

  #tellUnsound(): void {
    const [first] = this.#unsound;
    const fields = { root: this.#root, count: this.#unsound.size, first };
    this.#env.logger.warn(
      fields,
      'not every log was recovered before the stop: the next start checks those that were not',
    );
  }

  /** The next opening checks the log. */
  #mistrust(name: string): void {
    this.#states.delete(name);
    this.#unsound.add(name);
  }

  async list(): Promise<readonly LogId[]> {
    const ids: LogId[] = [];
    for (const { name, kind } of await this.#env.disk.list(this.#root)) {
      const parsed = kind === 'directory' ? parseDirectoryName(name) : undefined;
      const topicId = parsed === undefined ? undefined : await this.#topicIdOf(name);
      if (parsed !== undefined && topicId !== undefined) ids.push({ ...parsed, topicId });
    }
    // The name of a log's directory may be lost where the journal still has its records.
    const known = new Set(ids.map(keyOf));
    return [...ids, ...this.#journal.logs().filter((id) => !known.has(keyOf(id)))];
  }

  async remove(id: LogId): Promise<void> {
    const name = directoryName(id);
    const topicId = await this.#topicIdOf(name);
    if (topicId === id.topicId) {
      assert(!this.#open.has(name) && !this.#opening.has(name), 'an open log removed', { id });
      await this.#host.slots.run(() => this.#departed.remove(id));
    } else if (!(await this.#exists(name))) {
      this.#unsound.delete(name);
    } else if (topicId === undefined && !this.#opening.has(name)) {
      // It may be this log's: the next one of its name must not begin with its records.
      await this.#departed.setAside(id, undefined);
    }
    this.#journal.settled(id, Number.POSITIVE_INFINITY);
  }

  async setAside(id: LogId): Promise<void> {
    const name = directoryName(id);
    if ((await this.#topicIdOf(name)) === id.topicId) {
      assert(!this.#open.has(name) && !this.#opening.has(name), 'an open log set aside', { id });
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
    const open = this.#open.get(name);
    if (open !== undefined) return { id, bytes: open.bytes };
    const entries = await this.#env.disk.list(`${this.#root}/${name}`).catch(ifAbsent);
    const bytes = entries?.reduce((sum, entry) => (entry.name.endsWith(LOG) ? sum + entry.bytes : sum), 0);
    return bytes === undefined ? undefined : { id, bytes };
  }

  /** Whether the log has a directory here; without one the journal may have something of it. */
  async hasDirectory(id: LogId): Promise<boolean> {
    return (await this.#topicIdOf(directoryName(id))) === id.topicId;
  }

  /** An open log, to be copied: from now on its segments only grow or go. Undefined when it is not open. */
  async copySource(id: LogId): Promise<CopySource | undefined> {
    const log = this.#openLog(id);
    await log?.holdCompaction();
    if (log === undefined) return undefined;
    return { path: log.directory.path, cut: () => log.cut(), written: () => log.written() };
  }

  /** The log is not copied any more. */
  endCopy(id: LogId): void {
    this.#openLog(id)?.releaseCompaction();
  }

  #openLog(id: LogId): LocalLog | undefined {
    const log = this.#open.get(directoryName(id));
    return log?.id.topicId === id.topicId ? log : undefined;
  }

  /** Undefined when it is not known without looking into the files. */
  endOffset(id: LogId): number | undefined {
    return this.#openLog(id)?.endOffset ?? this.closedLog(id)?.state.segments.at(-1)?.endOffset;
  }

  /** Undefined when the log is open, or was not closed in order. */
  closedLog(id: LogId): ClosedLog | undefined {
    const name = directoryName(id);
    const state = this.#states.get(name);
    if (state === undefined || state.id.topicId !== id.topicId || this.#unsound.has(name)) return undefined;
    return { path: `${this.#root}/${name}`, state, cleanOffset: this.#checkpoints.cleanOffset(name) };
  }

  /** A place for a log that is to be moved here. */
  makeFuture(id: LogId): Promise<FutureLog> {
    return FutureLog.make({ disk: this.#env.disk, root: this.#root, id, unique: uniquePart(this.#env.random) });
  }

  /** The logs that were being moved here when the directory was used last. */
  async futures(): Promise<readonly FutureLog[]> {
    const futures: FutureLog[] = [];
    for (const { name, kind } of await this.#env.disk.list(this.#root)) {
      const parsed = kind === 'directory' ? parseFutureDirectoryName(name) : undefined;
      const topicId = parsed === undefined ? undefined : await this.#topicIdOf(name);
      if (parsed === undefined) continue;
      // Without its metadata nobody was told of the wish.
      if (topicId === undefined) this.#departed.removeTree(name);
      else futures.push(new FutureLog({ disk: this.#env.disk, root: this.#root, id: { ...parsed, topicId }, name }));
    }
    return futures;
  }

  async discardFuture(future: FutureLog): Promise<void> {
    const name = directoryName(future.id);
    await future.discard();
    if ((await this.#topicIdOf(name)) === undefined) await this.#checkpoints.forget(name);
  }

  /** Writes down what has to be known of a log that will be admitted. Durable when it resolves; until then it speaks of a directory that nobody opens. */
  async expect(id: LogId, { state, cleanOffset }: ClosedLog): Promise<void> {
    const name = directoryName(id);
    const topicId = await this.#topicIdOf(name);
    if (topicId === undefined) await this.#checkpoints.forget(name);
    else await this.#departed.setAside(id, topicId);
    if (state.startOffset > 0) await this.#checkpoints.saveStart(name, state.startOffset);
    if (cleanOffset !== undefined) await this.#checkpoints.saveCleanOffset(name, cleanOffset);
    this.#checkpoints.setRecoveryPoint(name, state.segments.at(-1)?.endOffset ?? state.startOffset);
    await this.#checkpoints.writeRecoveryPoints();
  }

  /** Makes a complete copy, which was expected, the log of this directory. Durable when it resolves; may be done again. Without `state` it is opened as after a crash. */
  async admit({ id, path }: FutureLog, state: LogState | undefined): Promise<void> {
    const name = directoryName(id);
    assert(!this.#open.has(name) && !this.#opening.has(name), 'a log admitted twice', { id });
    if ((await this.#env.disk.stat(path)) !== undefined) await this.#env.disk.rename(path, `${this.#root}/${name}`);
    await this.#env.disk.syncDirectory(this.#root);
    this.#journal.settled(id, Number.POSITIVE_INFINITY);
    this.#mistrust(name);
    if (state === undefined) return;
    this.#unsound.delete(name);
    this.#states.set(name, { ...state, epochsSaved: true });
  }

  /** Where all open logs stand in this turn. Resolves when all of it is in their files; a log that fails meanwhile is left out. */
  async cut(): Promise<readonly LogCut[]> {
    const logs = [...this.#open.values()];
    const cuts = logs.map((log) => log.cut());
    const areWritten = await Promise.all(logs.map((log) => log.written()));
    return cuts.filter((_, index) => areWritten[index]);
  }

  /** Ends all open logs: their directory is not there any more. */
  fail(fault: Error): void {
    for (const log of [...this.#open.values()]) log.fail(fault);
  }

  #noteFault(fault: Error): void {
    if (fault instanceof DiskFault && fault.kind === 'full') this.#room.noteFull();
    this.#onFault(fault);
  }

  async close(): Promise<void> {
    this.#recoveryPoints.stop();
    this.#recoveries.stop();
    this.#room.stop();
    const closed = await Promise.allSettled(Array.from(this.#open.values(), (log) => log.close()));
    const removed = await Promise.allSettled([this.#removals.finish()]);
    await this.#lifecycle.stop();
    await this.#journal.close();
    await this.#checkpoints.writeRecoveryPoints();
    const logs = [...this.#states.values()];
    const allSound = await this.#areAllSound();
    await markCleanStop(this.#env.disk, this.#root, { logs, allSound, token: this.#env.clock.now() });
    if (!allSound) this.#tellUnsound();
    for (const result of [...closed, ...removed]) if (result.status === 'rejected') throw result.reason;
  }
}
