/**
 * Opens the logs of one data directory: from what a clean stop has left, else from the files, and completes them from the journal. Owns what decides between these; a
 * directory of another topic is set aside first.
 */
import { assert } from '../../base/assert.ts';
import type { SharedRuns } from '../../base/shared-runs.ts';
import type { LogId, LogSettings } from '../log-engine.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { DepartedDirectories } from './departed-directories.ts';
import { directoryName } from './file-names.ts';
import type { OffsetRange } from './journal/journal-file.ts';
import { firstJournalled, replayJournal } from './journal/replay.ts';
import type { KnownLogs } from './known-logs.ts';
import { LocalLog, type LocalLogOptions } from './local-log.ts';
import { LogDirectory } from './log-directory.ts';
import type { LogHost } from './log-host.ts';
import { openDirectory } from './open-directory.ts';
import { openFromState } from './open-from-state.ts';
import { refuseLoss } from './recover-segment.ts';
import type { RecoveryReport } from './recovery-report.ts';

export interface LogOpenerOptions {
  /** The data directory. */
  readonly root: string;
  readonly host: LogHost;
  readonly known: KnownLogs;
  readonly checkpoints: Checkpoints;
  readonly departed: DepartedDirectories;
  readonly recoveries: RecoveryReport;
  readonly rootSyncs: SharedRuns;
  /** A run rejects with a DiskFault when the data directory is away. */
  readonly rootLooks: SharedRuns;
}

export class LogOpener {
  readonly #root: string;
  readonly #host: LogHost;
  readonly #known: KnownLogs;
  readonly #checkpoints: Checkpoints;
  readonly #departed: DepartedDirectories;
  readonly #recoveries: RecoveryReport;
  /** One for all directories. */
  readonly #syncRoot: () => Promise<void>;
  readonly #rootLooks: SharedRuns;

  constructor(options: LogOpenerOptions) {
    this.#root = options.root;
    this.#host = options.host;
    this.#known = options.known;
    this.#checkpoints = options.checkpoints;
    this.#departed = options.departed;
    this.#recoveries = options.recoveries;
    this.#syncRoot = () => options.rootSyncs.run();
    this.#rootLooks = options.rootLooks;
  }

  async open(id: LogId, settings: LogSettings): Promise<LocalLog> {
    const name = directoryName(id);
    assert(!this.#known.isInUse(name), 'a log opened twice', { id });
    this.#known.beginOpening(name);
    let opened: LocalLog | undefined;
    try {
      const closedOffset = this.#known.closedState(id)?.segments.at(-1)?.endOffset ?? 0;
      const asClosed = await this.#openFromState(id, settings);
      if (this.#known.unsound.has(name)) this.#recoveries.begun(name);
      const journalled = await this.#host.journal.vouchedFor(id);
      const openFromFiles = () => this.#openFromFiles(id, settings, { closedOffset, journalled });
      const log = asClosed ?? (await this.#host.slots.run(openFromFiles));
      await this.#completeFromJournal(log, journalled);
      opened = log;
      return log;
    } finally {
      this.#known.endOpening(name, opened);
      this.#recoveries.ended(name, opened !== undefined);
    }
  }

  /** Undefined when there is no state, or when the files have changed since it was written. */
  async #openFromState(id: LogId, settings: LogSettings): Promise<LocalLog | undefined> {
    const name = directoryName(id);
    const state = this.#known.states.get(name);
    if (state === undefined || state.id.topicId !== id.topicId) return undefined;
    const directory = this.#directory(id, true);
    const { env, files } = this.#host;
    const opening = { env, files, directory: directory.path, state, settings };
    const found = await openFromState(opening);
    if (found !== undefined) return this.#log({ id, settings, directory, ...found });
    this.#known.mistrust(name);
    this.#host.env.logger.warn({ directory: name }, 'a log has changed since the last clean stop and is checked');
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
    const place = await this.#makeWay(id);
    const isMissing = place === 'missing';
    // No clean stop speaks of a directory that does not say whose it is.
    const sound = isMissing || (place !== 'nameless' && !this.#known.unsound.has(name));
    const directory = this.#directory(id, sound && place === 'own');
    const checkpointed = this.#checkpoints.recoveryPoint(name);
    const recoveryPoint = sound ? Number.POSITIVE_INFINITY : checkpointed;
    const mustBeWhole = this.#host.mustBeWhole(id);
    // When it is refused, the next start is to know why: what the clean stop has left is gone by then.
    if (mustBeWhole && closedOffset > checkpointed) this.#checkpoints.setRecoveryPoint(name, closedOffset);
    if (isMissing) {
      // Its disk may be away: then the log is missed, and is not to begin anew elsewhere.
      await this.#rootLooks.run();
      this.#missDirectory(id, closedOffset);
    }
    if (place !== 'own') await directory.create();
    const { env, files } = this.#host;
    const found = await openDirectory({
      env: { ...env, logger: env.logger.child({ topic: id.topic, partition: id.partition }) },
      files,
      id,
      directory: directory.path,
      settings,
      startOffset: this.#checkpoints.startOffset(name),
      cleanOffset: this.#checkpoints.cleanOffset(name) ?? 0,
      recoveryPoint,
      closedOffset: isMissing ? 0 : closedOffset,
      mustBeWhole,
      journalledOffset: this.#host.journal.endOffset(id),
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
      ? await firstJournalled(this.#host.journal.batchesOf(id, startOffset), startOffset)
      : startOffset;
    const endOffset = isEmpty ? firstOffset : active.endOffset;
    // What comes where something was lost is to be checked by the next crash.
    await this.#checkpoints.lowerRecoveryPoint(name, endOffset);
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

  /** What is where the log's directory should be, when another topic's is out of the way. `nameless`: it does not say whose it is. */
  async #makeWay(id: LogId): Promise<'own' | 'cleared' | 'nameless' | 'missing'> {
    const name = directoryName(id);
    const topicId = await this.#known.topicIdOf(name);
    if (topicId === id.topicId) return 'own';
    if (topicId === undefined) {
      return (await this.#host.env.disk.stat(`${this.#root}/${name}`)) === undefined ? 'missing' : 'nameless';
    }
    await this.#departed.setAside(id, topicId);
    return 'cleared';
  }

  /** What is durable by the journal alone comes back into the log before anybody sees it. */
  async #completeFromJournal(log: LocalLog, journalled: OffsetRange | undefined): Promise<void> {
    const { id } = log;
    const { env, journal } = this.#host;
    if (!journal.needs(id)) return;
    const logger = env.logger.child({ topic: id.topic, partition: id.partition });
    try {
      const fromOffset = log.endOffset;
      const relieve = () => (journalled === undefined ? log.settle() : log.written());
      await replayJournal(journal.batchesOf(id, fromOffset), log, { logger, relieve });
      this.#recoveries.replayed(log.endOffset - fromOffset);
      if (journalled !== undefined && log.endOffset >= journalled.endOffset) {
        log.trustRestored();
        journal.settleLater(id);
        return;
      }
      await log.settle();
      journal.settled(id, Number.POSITIVE_INFINITY);
    } catch (error) {
      await log.close().catch(() => {});
      throw error;
    }
  }

  /** A log that was durable once and has no directory any more begins anew, and not in silence. */
  #missDirectory(id: LogId, closedOffset: number): void {
    const name = directoryName(id);
    const toOffset = Math.max(closedOffset, this.#checkpoints.recoveryPoint(name));
    if (toOffset === 0) return;
    if (this.#host.mustBeWhole(id)) refuseLoss(this.#checkpoints.startOffset(name), toOffset);
    const fields = {
      topic: id.topic,
      partition: id.partition,
      fromOffset: this.#checkpoints.startOffset(name),
      toOffset,
    };
    this.#host.env.logger.error(fields, 'the directory of a log is gone: its records are lost');
  }

  #directory(id: LogId, durable: boolean): LogDirectory {
    const [name, topicId] = [directoryName(id), id.topicId];
    return new LogDirectory({
      disk: this.#host.env.disk,
      root: this.#root,
      syncRoot: this.#syncRoot,
      name,
      topicId,
      durable,
    });
  }

  #log(options: Omit<LocalLogOptions, 'host'>): LocalLog {
    return new LocalLog({ host: this.#host, ...options });
  }
}
