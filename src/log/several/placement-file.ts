/**
 * `.ottla_placement`: which log lives in which data directory, by the directory's id. It is kept so that a log whose directory cannot be used is
 * missed, and not made anew elsewhere as an empty one. A row is durable before its log is made. Rows are appended; those that a power loss has torn are as if never
 * written. It touches no log.
 *
 * A log that was moved here from another directory says so until what that one still has of it is gone: such a row is the moment from which on the
 * new directory is the log's, and the old one has no more to say (invariant I23).
 */
import type { Disk } from '../../base/env.ts';
import { readSmallFile, replaceFile } from '../local/small-files.ts';
import { writeAgain } from '../local/write-again.ts';
import type { LogId } from '../log-engine.ts';

const NAME = '.ottla_placement';
const VERSION = '0';
/** In place of a directory id: the log is gone. */
const REMOVED = '-';
/** A file is written anew at the start when it has so many rows more than logs. */
const OLD_ROWS_MAX = 1_000;
const SECTOR_BYTES = 512;

interface Place {
  readonly directoryId: string;
  /** The directory that may still have an older copy; undefined when there is none. */
  readonly movedFrom: string | undefined;
}

export class PlacementFile {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #places: Map<string, Place>;
  /** Logs by directory id. */
  readonly #counts = new Map<string, number>();
  /** Where the next row goes; undefined when the file must be written anew. */
  #end: number | undefined;
  /** Rows that are not in the file. */
  #unsaved: string[] = [];
  #saving: Promise<void> | undefined;

  private constructor(options: { disk: Disk; root: string; places: Map<string, Place>; end: number | undefined }) {
    this.#disk = options.disk;
    this.#root = options.root;
    this.#places = options.places;
    this.#end = options.end;
    for (const { directoryId } of options.places.values()) this.#count(directoryId, 1);
  }

  /**
   * Undefined when there is none, or when it is damaged, which `onDamage` hears of. What was read is durable when it resolves: old copies go on its word, and the
   * process before may have seen a sync fail. Rejects with a DiskFault.
   */
  static async read(disk: Disk, root: string, onDamage: () => void): Promise<PlacementFile | undefined> {
    const bytes = await readSmallFile(disk, `${root}/${NAME}`);
    if (bytes === undefined) return undefined;
    const rows = parseRows(bytes);
    if (rows === undefined) {
      onDamage();
      return undefined;
    }
    const { places, count, end } = rows;
    await makeDurable(disk, `${root}/${NAME}`, end);
    // What is torn must not come back behind the next row.
    const goesOn = end === bytes.byteLength && count <= places.size + OLD_ROWS_MAX;
    return new PlacementFile({ disk, root, places, end: goesOn ? end : undefined });
  }

  /** In memory until its first row. */
  static empty(disk: Disk, root: string): PlacementFile {
    return new PlacementFile({ disk, root, places: new Map(), end: undefined });
  }

  get(id: LogId): string | undefined {
    return this.#places.get(keyOf(id))?.directoryId;
  }

  movedFrom(id: LogId): string | undefined {
    return this.#places.get(keyOf(id))?.movedFrom;
  }

  countIn(directoryId: string): number {
    return this.#counts.get(directoryId) ?? 0;
  }

  #count(directoryId: string, change: 1 | -1): void {
    this.#counts.set(directoryId, this.countIn(directoryId) + change);
  }

  /** In memory until the next `save`. */
  set(id: LogId, directoryId: string, movedFrom?: string): void {
    const key = keyOf(id);
    const before = this.#places.get(key);
    if (before?.directoryId === directoryId && before.movedFrom === movedFrom) return;
    if (before !== undefined) this.#count(before.directoryId, -1);
    this.#count(directoryId, 1);
    const place = { directoryId, movedFrom };
    this.#places.set(key, place);
    this.#unsaved.push(rowOf(key, place));
  }

  /** Told to the file with the next `save`: until then its row speaks of a log that nobody opens. */
  delete(id: LogId): void {
    const place = this.#places.get(keyOf(id));
    if (place === undefined) return;
    this.#places.delete(keyOf(id));
    this.#count(place.directoryId, -1);
    this.#unsaved.push(`${keyOf(id)} ${REMOVED}\n`);
  }

  /** What was set is durable when it resolves; what is set meanwhile shares the next write. */
  async save(): Promise<void> {
    // A write that fails is another's to be told of: it leaves its rows to the next one.
    while (this.#saving !== undefined) await this.#saving.catch(() => {});
    if (this.#unsaved.length === 0) return;
    this.#saving = this.#write().finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
  }

  async #write(): Promise<void> {
    const rows = this.#unsaved;
    const end = this.#end;
    this.#unsaved = [];
    this.#end = undefined;
    try {
      if (end === undefined) await this.#replace();
      else await this.#append(Buffer.from(rows.join('')), end);
    } catch (error) {
      // Nobody knows what is in the file now: without an end, the next write replaces it.
      this.#unsaved = [...rows, ...this.#unsaved];
      throw error;
    }
  }

  async #append(rows: Uint8Array, end: number): Promise<void> {
    const file = await this.#disk.open(`${this.#root}/${NAME}`, 'existing');
    try {
      await file.write([rows], end);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#end = end + rows.byteLength;
  }

  async #replace(): Promise<void> {
    const rows = Array.from(this.#places, ([key, place]) => rowOf(key, place));
    const content = Buffer.from(`${VERSION}\n${rows.join('')}`);
    await replaceFile(this.#disk, `${this.#root}/${NAME}`, content);
    await this.#disk.syncDirectory(this.#root);
    this.#end = content.byteLength;
  }
}

function keyOf({ topicId, partition }: LogId): string {
  return `${topicId} ${partition}`;
}

function rowOf(key: string, { directoryId, movedFrom }: Place): string {
  return movedFrom === undefined ? `${key} ${directoryId}\n` : `${key} ${directoryId} ${movedFrom}\n`;
}

const ROW = /^([A-Za-z0-9_-]{22} \d{1,10}) (?:([A-Za-z0-9_-]{22})(?: ([A-Za-z0-9_-]{22}))?|-)$/;

async function makeDurable(disk: Disk, path: string, bytes: number): Promise<void> {
  const file = await disk.open(path, 'existing');
  try {
    await writeAgain(file, { from: 0, to: bytes });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The last row of a log counts. `end`: behind the last row that a power loss has left. Undefined when a row before that is none. */
function parseRows(bytes: Buffer): { places: Map<string, Place>; count: number; end: number } | undefined {
  const places = new Map<string, Place>();
  let count = 0;
  let at = bytes.indexOf('\n') + 1;
  if (bytes.toString('latin1', 0, at) !== `${VERSION}\n`) return undefined;
  for (let end = bytes.indexOf('\n', at); end >= 0; end = bytes.indexOf('\n', at)) {
    const [, key, directoryId, movedFrom] = ROW.exec(bytes.toString('latin1', at, end)) ?? [];
    if (key === undefined) {
      if (isTorn(bytes.subarray(0, end), at)) break;
      return undefined;
    }
    if (directoryId === undefined) places.delete(key);
    else places.set(key, { directoryId, movedFrom });
    count += 1;
    at = end + 1;
  }
  return { places, count, end: at };
}

/** A sector that was never written is zeros, although a later one may be there. They came with one write, because the next follows a sync. */
function isTorn(bytes: Buffer, from: number): boolean {
  let end = bytes.indexOf(0, from);
  if (end < 0) return false;
  while (bytes[end] === 0) end += 1;
  return end % SECTOR_BYTES === 0;
}
