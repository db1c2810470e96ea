/**
 * One file of the simulated disk: what a process reads from it now, and what would be left of it after a power loss. A sector (512
 * bytes) is written wholly or not at all; everything larger may tear, and unsynced sectors reach the platter in any order or never.
 */
import type { SeededRandom } from './seeded-random.ts';

const SECTOR_BYTES = 512;

type FileChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly bytes: number };

export class MemoryFile {
  /** What reads see: the page cache over the platter. */
  readonly #current = new Content();
  readonly #durable = new Content();
  #unsynced: FileChange[] = [];
  /** How many changes came before those, and are durable or lost. */
  #settled = 0;
  modifiedMs = 0;

  get bytes(): number {
    return this.#current.bytes.byteLength;
  }

  read(target: Uint8Array, position: number): number {
    const source = this.#current.bytes.subarray(position, position + target.byteLength);
    target.set(source);
    return source.byteLength;
  }

  write(position: number, bytes: Uint8Array): void {
    this.#change({ kind: 'write', position, bytes: Uint8Array.from(bytes) });
  }

  truncate(bytes: number): void {
    this.#change({ kind: 'truncate', bytes });
  }

  /** Covers what was written before this call, and takes effect when the answer is called. */
  beginSync(): () => void {
    const until = this.#settled + this.#unsynced.length;
    const { bytes } = this;
    return () => {
      for (const change of this.#settle(until - this.#settled)) this.#durable.apply(change);
      // The length is one number, whatever became of the changes that led to it.
      if (this.#settled === until) this.#durable.apply({ kind: 'truncate', bytes });
    };
  }

  /** A sync that failed: the kernel has given up on the pages and calls them clean. Reads still see them, the platter never will, and has zeros there if anything. */
  failSync(): void {
    this.#settle(this.#unsynced.length);
  }

  /** The power went: some of what was not synced is there, sector by sector. */
  crash(random: SeededRandom): void {
    for (const change of this.#settle(this.#unsynced.length)) {
      for (const piece of sectors(change)) if (random.chance(0.5)) this.#durable.apply(piece);
    }
    this.#current.copy(this.#durable);
  }

  /** Flips one bit at rest, in what is read and on the platter. */
  corrupt(position: number): void {
    for (const { bytes } of [this.#current, this.#durable]) {
      if (position < bytes.byteLength) bytes[position] = (bytes[position] ?? 0) ^ 1;
    }
  }

  /** Takes the first `count` changes that are not synced; a sync that began earlier and ends later may have taken them already. */
  #settle(count: number): readonly FileChange[] {
    const settled = this.#unsynced.splice(0, Math.max(0, count));
    this.#settled += settled.length;
    return settled;
  }

  #change(change: FileChange): void {
    this.#current.apply(change);
    this.#unsynced.push(change);
  }
}

/** Bytes that grow in place: most files are appended to all the time. */
class Content {
  #room = new Uint8Array(0);
  /** Valid until the next change. */
  bytes: Uint8Array = this.#room;

  apply(change: FileChange): void {
    if (change.kind === 'truncate') {
      this.#resize(change.bytes);
      return;
    }
    this.#resize(Math.max(this.bytes.byteLength, change.position + change.bytes.byteLength));
    this.bytes.set(change.bytes, change.position);
  }

  copy({ bytes }: Content): void {
    this.#resize(bytes.byteLength);
    this.bytes.set(bytes);
  }

  /** What is new is zero. */
  #resize(length: number): void {
    const before = this.bytes;
    if (length > this.#room.byteLength) {
      this.#room = new Uint8Array(Math.max(length, 2 * before.byteLength));
      this.#room.set(before);
    } else if (length > before.byteLength) {
      this.#room.fill(0, before.byteLength, length);
    }
    this.bytes = this.#room.subarray(0, length);
  }
}

function* sectors(change: FileChange): Generator<FileChange, void, undefined> {
  if (change.kind === 'truncate') {
    yield change;
    return;
  }
  for (let at = 0; at < change.bytes.byteLength; ) {
    const position = change.position + at;
    const end = at + SECTOR_BYTES - (position % SECTOR_BYTES);
    yield { kind: 'write', position, bytes: change.bytes.subarray(at, end) };
    at = end;
  }
}
