/**
 * One file of the journal. Owns its bytes, its place for the next frame, and up to where each log is in it; a log whose own segments are synced up to
 * there needs the file no more. It never decides when it is used again.
 */
import type { Disk, DiskFile, Logger } from '../../../base/env.ts';
import { DataDirectoryRefused, DiskFault } from '../../../base/faults.ts';
import { baseOffset, lastOffset } from '../../../protocol/batch/header.ts';
import { batches } from '../../../protocol/batch/iterate.ts';
import { keyOf } from '../../log-key.ts';
import { writeAgain } from '../write-again.ts';
import {
  FILE_HEADER_BYTES,
  FREE,
  formatFileHeader,
  formatFrame,
  isOtherVersion,
  type JournalEntry,
  type JournalledLog,
} from './journal-frame.ts';
import { endingAt, readFileHeader, readFrames } from './read-frames.ts';

export interface OffsetRange {
  readonly fromOffset: number;
  /** The last offset + 1. */
  readonly endOffset: number;
}

/** Where a file has batches of a log, one after the other without a gap. */
interface Piece extends OffsetRange {
  readonly position: number;
  readonly bytes: number;
}

interface JournalScan {
  /** Where the next frame would begin. */
  readonly bytes: number;
  readonly logs: Map<string, JournalledLog>;
  readonly pieces: Map<string, Piece[]>;
}

export interface JournalToFind {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly path: string;
}

export class JournalFile {
  readonly path: string;
  readonly generation: number;
  /** A frame is on its way: the file must not be used again before it has arrived. */
  writing = false;
  /** No frame comes any more. */
  isComplete = false;

  readonly #file: DiskFile;
  readonly #logs: Map<string, JournalledLog>;
  readonly #numbers = new Map<string, number>();
  #bytes: number;
  /** What a complete file holds, when somebody has looked. */
  #content: Promise<JournalScan> | undefined;
  #madeDurable: Promise<boolean> | undefined;

  constructor(options: { path: string; file: DiskFile; generation: number; found?: JournalScan }) {
    this.path = options.path;
    this.#file = options.file;
    this.generation = options.generation;
    this.#logs = options.found?.logs ?? new Map();
    this.#bytes = options.found?.bytes ?? 0;
    if (options.found === undefined) return;
    this.isComplete = true;
    this.#content = Promise.resolve(options.found);
  }

  /** What an earlier process left; undefined when there is nothing in it. Rejects with a DiskFault, or DataDirectoryRefused. */
  static async find({ disk, logger, path }: JournalToFind): Promise<JournalFile | undefined> {
    const file = await disk.open(path, 'existing');
    const { header, generation } = await readFileHeader(file);
    if (generation !== undefined && generation !== FREE) {
      const found = await scan(file, generation);
      if ((await endingAt(file, found.bytes, generation)) === 'damaged') {
        const fields = { path, position: found.bytes, logs: [...found.logs.values()].map(({ id }) => id) };
        logger.error(fields, 'a frame of the journal is damaged: neither it nor the whole ones behind it are replayed');
      }
      return new JournalFile({ path, file, generation, found });
    }
    await file.close();
    if (isOtherVersion(header)) {
      const advice = 'start the version of Ottla that wrote it, and stop it cleanly';
      throw new DataDirectoryRefused(
        `${path} is a journal in a format that this version of Ottla does not read; ${advice}`,
      );
    }
    // A first frame that a crash has torn was never acknowledged; one whose header has rotted was.
    if (generation === undefined && header.some((byte) => byte !== 0)) {
      logger.warn({ path }, 'a journal file without a sound header is removed: nothing in it is replayed');
    }
    return undefined;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Those that need the file, by key. */
  get logs(): ReadonlyMap<string, JournalledLog> {
    return this.#logs;
  }

  /** The log's own segments have everything below `offset`. */
  settle(key: string, offset: number): void {
    const log = this.#logs.get(key);
    if (log === undefined || log.endOffset > offset) return;
    log.isNeeded = false;
    this.#logs.delete(key);
  }

  /** Durable when it resolves. After a rejection the file must not be appended to: nobody knows how it ends. */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    // Before the write: if it fails, the file may have them all the same, and whoever recovers the logs has to look.
    for (const entry of entries) this.#note(entry);
    const frame = formatFrame({ generation: this.generation, entries, numbers: this.#numbers });
    const isFirst = this.#bytes === 0;
    await this.#file.write(isFirst ? [formatFileHeader(this.generation), ...frame.parts] : frame.parts, this.#bytes);
    await this.#file.sync();
    this.#bytes += isFirst ? FILE_HEADER_BYTES + frame.bytes : frame.bytes;
  }

  #note({ seat, endOffset }: JournalEntry): void {
    if (seat.generation === this.generation && seat.log?.isNeeded) {
      seat.log.endOffset = endOffset;
    } else {
      seat.log = { id: seat.id, endOffset, isNeeded: true };
      this.#logs.set(seat.key, seat.log);
    }
  }

  /** What the file has of a log and does not end at or below `offset`, in order, a piece at a time. */
  async *batchesOf(key: string, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { pieces } = await this.#scan();
    for (const { position, bytes, endOffset } of pieces.get(key) ?? []) {
      if (endOffset <= offset) continue;
      const piece = Buffer.allocUnsafeSlow(bytes);
      await this.#file.read(piece, position);
      yield piece;
    }
  }

  /** Where the file has batches of a log, in the order in which they came. */
  async rangesOf(key: string): Promise<readonly OffsetRange[]> {
    return (await this.#scan()).pieces.get(key) ?? [];
  }

  /** Of a file that was found: everything in it is on stable storage when it resolves with true. It may have been in the page cache alone. */
  makeDurable(): Promise<boolean> {
    this.#madeDurable ??= this.#writeAgain();
    return this.#madeDurable;
  }

  async #writeAgain(): Promise<boolean> {
    try {
      await writeAgain(this.#file, { from: 0, to: this.#bytes });
      await this.#file.sync();
      return true;
    } catch (error) {
      if (error instanceof DiskFault) return false;
      throw error;
    }
  }

  #scan(): Promise<JournalScan> {
    if (!this.isComplete) return scan(this.#file, this.generation);
    this.#content ??= scan(this.#file, this.generation);
    return this.#content;
  }

  /** Says on the disk that there is nothing in the file, and hands it over. Durable when it resolves. After a rejection it is closed. */
  async free(): Promise<{ readonly path: string; readonly file: DiskFile }> {
    try {
      await this.#file.write([formatFileHeader(FREE)], 0);
      await this.#file.sync();
    } catch (error) {
      await this.#file.close();
      throw error;
    }
    return { path: this.path, file: this.#file };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function scan(file: DiskFile, generation: number): Promise<JournalScan> {
  const logs = new Map<string, JournalledLog>();
  const pieces = new Map<string, Piece[]>();
  const bytes = await readFrames(file, generation, (frame) => {
    for (const { id, at, bytes } of frame.entries) {
      const key = keyOf(id);
      const range = rangeOf(frame.bytes.subarray(at, at + bytes));
      logs.set(key, { id, endOffset: range.endOffset, isNeeded: true });
      const piece = { position: frame.position + at, bytes, ...range };
      const known = pieces.get(key);
      if (known === undefined) pieces.set(key, [piece]);
      else known.push(piece);
    }
  });
  return { bytes, logs, pieces };
}

function rangeOf(bytes: Uint8Array): OffsetRange {
  const fromOffset = baseOffset(bytes);
  let endOffset = 0;
  for (const batch of batches(bytes)) endOffset = lastOffset(batch) + 1;
  return { fromOffset, endOffset };
}
