/**
 * Checks the directory of one partition: segment after segment, then what lies beside them. A broker may be working in it meanwhile: what was found counts only
 * when no file came or went during the look. Writes nothing.
 */
import type { DiskEntry } from '../../../base/env.ts';
import { DiskFault, ifAbsent } from '../../../base/faults.ts';
import { limits } from '../../../base/limits.ts';
import {
  CLEANED_OFFSETS,
  fileName,
  HIGH_WATERMARKS,
  LEADER_EPOCHS,
  LOG,
  PARTITION_METADATA,
  parseDirectoryName,
  RECOVERY_POINTS,
  SNAPSHOT,
  START_OFFSETS,
} from '../file-names.ts';
import { parseLeaderEpochs } from '../leader-epoch-checkpoint.ts';
import { parsePartitionMetadata } from '../partition-metadata.ts';
import { readSmallFile } from '../small-files.ts';
import type { BatchAudit } from './batch-audit.ts';
import { checkSegment } from './check-segment.ts';
import type { CheckWorld } from './check-world.ts';
import { FaultList } from './fault.ts';
import type { LogInJournal } from './journal-check.ts';
import { type LogFiles, logFiles } from './log-files.ts';
import { type LogProgress, newLogProgress } from './log-progress.ts';
import type { Gap } from './segment-walk.ts';

/** How often a directory is looked at anew that changes under the check. */
const ATTEMPTS = 5;
/** Topics that are compacted whatever the settings say, so that gaps in them are no loss. */
const COMPACTED_TOPICS: readonly string[] = ['__consumer_offsets', '__transaction_state', '__share_group_state'];

/** What the files at the top of the data directory say about the log; undefined where they say nothing. */
export interface LogClaims {
  readonly recoveryPoint: number | undefined;
  readonly startOffset: number | undefined;
  readonly highWatermark: number | undefined;
  readonly cleanedUpTo: number | undefined;
  /** The last stop was clean. */
  readonly clean: boolean;
}

export interface LogToCheck {
  readonly world: CheckWorld;
  readonly root: string;
  /** The directory's name. */
  readonly name: string;
  readonly claims: LogClaims;
  /** What the journal has of logs of this name. */
  readonly journal: readonly LogInJournal[];
  readonly audit: (() => BatchAudit) | undefined;
}

export interface LogReport {
  readonly topic: string;
  readonly partition: number;
  /** Undefined when the directory does not say. */
  readonly topicId: string | undefined;
  readonly segments: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly startOffset: number;
  /** Of the segments. */
  readonly endOffset: number;
  /** Where the log ends when the next start has given it what only the journal has; undefined when that is nothing. */
  readonly journalEndOffset: number | undefined;
  readonly faults: FaultList;
}

/** Undefined: the partition was deleted meanwhile. */
export async function checkLog(log: LogToCheck): Promise<LogReport | undefined> {
  const { disk } = log.world;
  for (let attempt = 1; ; attempt += 1) {
    const before = await listLog(log);
    if (before === undefined) return undefined;
    const files = logFiles(before);
    const report = await new LogCheck(log, files).run().catch(ifAbsent);
    if (report !== undefined && report.faults.count === 0) return report;
    const after = await listLog(log);
    if (after === undefined) return undefined;
    const changed = logFiles(after).fingerprint !== files.fingerprint;
    if (report !== undefined && (!changed || attempt >= ATTEMPTS)) return report;
    if (attempt >= 2 * ATTEMPTS)
      throw new DiskFault({ kind: 'absent', operation: 'check', path: `${log.root}/${log.name}` });
  }

  function listLog({ root, name }: LogToCheck): Promise<readonly DiskEntry[] | undefined> {
    return disk.list(`${root}/${name}`).catch(ifAbsent);
  }
}

/** One look at the directory. */
class LogCheck {
  readonly #log: LogToCheck;
  readonly #files: LogFiles;
  readonly #faults = new FaultList();
  readonly #audit: BatchAudit | undefined;
  readonly #gaps: Gap[] = [];
  readonly #progress: LogProgress;
  /** Without those that a deletion, cut short, has left below the start. */
  readonly #segments: readonly number[];
  readonly #startOffset: number;
  /** Snapshots that were not reached yet. */
  readonly #snapshots: number[];
  #topicId: string | undefined;

  constructor(log: LogToCheck, files: LogFiles) {
    this.#log = log;
    this.#files = files;
    this.#audit = log.audit?.();
    const claimed = log.claims.startOffset ?? 0;
    const first = Math.max(
      0,
      files.segments.findLastIndex((base) => base <= claimed),
    );
    this.#segments = files.segments.slice(first);
    this.#startOffset = Math.max(claimed, this.#segments[0] ?? 0);
    this.#progress = newLogProgress(this.#segments[0] ?? this.#startOffset);
    this.#snapshots = [...files.snapshots];
  }

  async run(): Promise<LogReport> {
    await this.#checkMetadata();
    this.#checkBeginning();
    for (const [index, base] of this.#segments.entries()) await this.#checkSegment(base, this.#segments[index + 1]);
    while (this.#snapshots.length > 0) await this.#checkNextSnapshot({ batchFollows: false });
    this.#reportGaps();
    this.#checkOrphans();
    await this.#checkEpochs();
    const replayedTo = this.#replayedTo;
    this.#checkJournal(replayedTo);
    this.#checkClaims(replayedTo);
    const { batches, records, bytes } = this.#progress;
    const endOffset = this.#endOffset;
    const { topic, partition } = parseDirectoryName(this.#log.name) ?? { topic: this.#log.name, partition: -1 };
    return {
      topic,
      partition,
      topicId: this.#topicId,
      segments: this.#segments.length,
      batches,
      records,
      bytes,
      startOffset: this.#startOffset,
      endOffset,
      journalEndOffset: replayedTo > endOffset ? replayedTo : undefined,
      faults: this.#faults,
    };
  }

  #path(name: string): string {
    return `${this.#log.name}/${name}`;
  }

  /** Of the segments. */
  get #endOffset(): number {
    const { endOffset } = this.#progress;
    return this.#segments.length === 0 ? Math.max(endOffset, this.#startOffset) : endOffset;
  }

  /** Who deletes records says first where the log begins then; while a log is used, that may have come after it was read. */
  #checkBeginning(): void {
    const { clean, startOffset } = this.#log.claims;
    const [first] = this.#segments;
    if (!clean || startOffset === undefined || first === undefined || first <= startOffset) return;
    const problem = `the log begins at ${startOffset}: the offsets up to ${first - 1} are missing before this segment`;
    this.#faults.data(this.#path(fileName(first, LOG)), problem, { offset: startOffset });
  }

  /** The journal's own of this log, and not those of a topic that had the name before. */
  get #journalled(): LogInJournal | undefined {
    const { journal } = this.#log;
    if (this.#topicId === undefined) return journal.length === 1 ? journal[0] : undefined;
    return journal.find(({ id }) => id.topicId === this.#topicId);
  }

  /** Where the log ends when the journal was replayed. After a clean stop nobody replays it. */
  get #replayedTo(): number {
    let end = this.#endOffset;
    if (this.#log.claims.clean) return end;
    for (const { from, to } of this.#journalled?.stretches ?? []) {
      if (from > end) break;
      end = Math.max(end, to);
    }
    return end;
  }

  #checkJournal(replayedTo: number): void {
    const beyond = this.#journalled?.stretches.find(({ to }) => to > replayedTo);
    if (beyond === undefined) return;
    const from = Math.max(beyond.from, replayedTo);
    const problem = this.#log.claims.clean
      ? `the journal has the offsets ${from} to ${beyond.to - 1}, and the next start removes it: whoever stopped cleanly knew nothing of it`
      : `the offsets ${replayedTo} to ${from - 1} are missing between the log and what the journal has`;
    this.#faults.data(this.#path(fileName(this.#segments.at(-1) ?? 0, LOG)), problem, { offset: replayedTo });
  }

  /** A crash leaves some while a segment goes, and the next start removes them. */
  #checkOrphans(): void {
    if (!this.#log.claims.clean) return;
    for (const name of this.#files.orphans) this.#faults.derived(this.#path(name), 'an index without its segment');
  }

  get #soundBelow(): number {
    const { clean, recoveryPoint } = this.#log.claims;
    return clean ? Number.POSITIVE_INFINITY : (recoveryPoint ?? 0);
  }

  async #checkSegment(base: number, nextOffset: number | undefined): Promise<void> {
    const progress = this.#progress;
    const file = this.#path(fileName(base, LOG));
    if (base < progress.endOffset) {
      this.#faults.data(file, `the segment is named ${base}, and the log has come to ${progress.endOffset} already`, {
        position: 0,
        offset: base,
      });
    } else if (base > progress.endOffset) {
      if (!progress.isDamaged) this.#addGap({ file, position: -1, from: progress.endOffset, to: base });
      progress.endOffset = base;
    }
    const { world, root, name } = this.#log;
    await checkSegment({
      world,
      root,
      directory: name,
      baseOffset: base,
      nextOffset,
      soundBelow: this.#soundBelow,
      progress,
      faults: this.#faults,
      pauses: {
        first: this.#snapshots[0] ?? Number.POSITIVE_INFINITY,
        next: () => this.#checkNextSnapshot({ batchFollows: true }),
      },
      onBatch: (batch) => this.#audit?.onBatch(batch),
      onGap: (gap) => this.#addGap(gap),
    });
  }

  #addGap(gap: Gap): void {
    this.#progress.hasGaps = true;
    if (this.#gaps.length < limits.faultsListed) this.#gaps.push(gap);
  }

  /** Compaction leaves gaps everywhere but in the segment that takes the appends. Elsewhere they are records that are gone. */
  #reportGaps(): void {
    const { cleanedUpTo } = this.#log.claims;
    const { topic } = parseDirectoryName(this.#log.name) ?? { topic: '' };
    const compacted = this.#progress.wasCompacted || cleanedUpTo !== undefined || COMPACTED_TOPICS.includes(topic);
    const active = this.#path(fileName(this.#segments.at(-1) ?? 0, LOG));
    for (const { file, position, from, to } of this.#gaps) {
      if (compacted && (file !== active || position < 0)) continue;
      this.#faults.data(file, `the offsets ${from} to ${to - 1} are missing`, {
        position: Math.max(0, position),
        offset: from,
      });
    }
  }

  /** Answers where the next one is. */
  async #checkNextSnapshot(place: { batchFollows: boolean }): Promise<number> {
    const offset = this.#snapshots.shift();
    if (offset !== undefined) await this.#checkSnapshot(offset, place);
    return this.#snapshots[0] ?? Number.POSITIVE_INFINITY;
  }

  async #checkSnapshot(offset: number, { batchFollows }: { batchFollows: boolean }): Promise<void> {
    const { endOffset, hasGaps, wasCompacted, isDamaged } = this.#progress;
    const file = this.#path(fileName(offset, SNAPSHOT));
    // The newest may be ahead of what this look has seen of a log that grows. Where compaction took the batches before it, others follow.
    const isBeyond = !batchFollows && offset > Math.max(endOffset, this.#replayedTo) && !isDamaged;
    if (isBeyond)
      return this.#faults.derived(file, `the snapshot is one of offset ${offset}, and the log ends at ${endOffset}`, {
        offset,
      });
    const bytes =
      this.#audit === undefined ? undefined : await readSmallFile(this.#log.world.disk, `${this.#log.root}/${file}`);
    if (bytes === undefined || this.#audit === undefined) return;
    const isWhole = this.#segments[0] === 0 && offset <= endOffset && !hasGaps && !wasCompacted && !isDamaged;
    for (const problem of this.#audit.snapshotProblems({ bytes, offset, isWhole }))
      this.#faults.derived(file, problem, { offset });
  }

  /** Every batch must lie where the file says that its epoch is. What is newer than the recovery point is not in the file yet. */
  async #checkEpochs(): Promise<void> {
    const file = this.#path(LEADER_EPOCHS);
    const bytes = await readSmallFile(this.#log.world.disk, `${this.#log.root}/${file}`);
    const entries = bytes === undefined ? undefined : parseLeaderEpochs(bytes.toString());
    const runs = this.#progress.epochRuns.filter(
      ({ epoch, first, last }) =>
        epoch >= 0 && last >= this.#startOffset && Math.max(first, this.#startOffset) < this.#soundBelow,
    );
    if (bytes !== undefined && entries === undefined) return this.#faults.derived(file, 'the file is damaged');
    if (runs.length > 0 && entries === undefined) return this.#faults.derived(file, 'the file is missing');
    for (const { epoch, first, last } of runs) {
      const wrong = [Math.max(first, this.#startOffset), Math.min(last, this.#soundBelow - 1)].find(
        (offset) => entries?.findLast(({ startOffset }) => startOffset <= offset)?.epoch !== epoch,
      );
      if (wrong !== undefined)
        this.#faults.derived(file, `offset ${wrong} is of leader epoch ${epoch}, and the file says otherwise`, {
          offset: wrong,
        });
    }
  }

  async #checkMetadata(): Promise<void> {
    const file = this.#path(PARTITION_METADATA);
    const bytes = await readSmallFile(this.#log.world.disk, `${this.#log.root}/${file}`);
    this.#topicId = bytes === undefined ? undefined : parsePartitionMetadata(bytes.toString());
    if (this.#topicId !== undefined) return;
    // A log whose making was cut short: nothing was ever in it, and it is made anew, here or elsewhere.
    if (this.#segments.length === 0) return;
    const problem = bytes === undefined ? 'the file is missing' : 'the file is damaged';
    if (this.#journalled === undefined) this.#faults.data(file, `${problem}: the topic id is not known`);
    else this.#faults.derived(file, `${problem}: the journal knows the topic id`);
  }

  #checkClaims(replayedTo: number): void {
    const { recoveryPoint, startOffset, highWatermark, cleanedUpTo } = this.#log.claims;
    const beyond = (name: string, offset: number | undefined, harm: 'data' | 'derived', meaning: string): void => {
      // The recovery point follows the segments alone; all else may rely on the journal.
      const end = name === RECOVERY_POINTS ? this.#endOffset : replayedTo;
      if (offset === undefined || offset <= end) return;
      const problem = `${this.#log.name} has ${offset}, and the log ends at ${end}: ${meaning}`;
      this.#faults.add({ file: name, problem, position: undefined, offset, harm });
    };
    beyond(RECOVERY_POINTS, recoveryPoint, 'data', 'records that were durable are lost');
    beyond(START_OFFSETS, startOffset, 'data', 'the whole log would be given up');
    beyond(HIGH_WATERMARKS, highWatermark, 'data', 'committed records are lost');
    beyond(CLEANED_OFFSETS, cleanedUpTo, 'derived', 'nothing there was compacted');
  }
}
