/**
 * One directory of the simulated disk: its names now, and those that a power loss would leave. Until a sync of the directory, each
 * created, renamed or removed name is there afterwards or not, in any combination; a rename happens wholly or not at all.
 */
import { MemoryFile } from './memory-file.ts';
import type { SeededRandom } from './seeded-random.ts';

export type MemoryNode = MemoryFile | MemoryDirectory;

interface NameChange {
  readonly name: string;
  readonly node: MemoryNode | undefined;
  /** The name that a rename takes away in the same step. */
  readonly replaces: string | undefined;
}

export class MemoryDirectory {
  readonly #names = new Map<string, MemoryNode>();
  readonly #durable = new Map<string, MemoryNode>();
  #unsynced: NameChange[] = [];
  /** How many changes came before those. */
  #settled = 0;

  get names(): ReadonlyMap<string, MemoryNode> {
    return this.#names;
  }

  set(name: string, node: MemoryNode): void {
    this.#change({ name, node, replaces: undefined });
  }

  remove(name: string): void {
    this.#change({ name, node: undefined, replaces: undefined });
  }

  rename(from: string, to: string): void {
    this.#change({ name: to, node: this.#names.get(from), replaces: from });
  }

  /** Covers the names as they are now, and takes effect when the answer is called. */
  beginSync(): () => void {
    const until = this.#settled + this.#unsynced.length;
    return () => {
      for (const change of this.#settle(until - this.#settled)) apply(this.#durable, change);
    };
  }

  crash(random: SeededRandom): void {
    for (const change of this.#settle(this.#unsynced.length)) {
      if (random.chance(0.5)) apply(this.#durable, change);
    }
    this.#names.clear();
    for (const [name, node] of this.#durable) {
      this.#names.set(name, node);
      node.crash(random);
    }
  }

  #settle(count: number): readonly NameChange[] {
    const settled = this.#unsynced.splice(0, Math.max(0, count));
    this.#settled += settled.length;
    return settled;
  }

  #change(change: NameChange): void {
    apply(this.#names, change);
    this.#unsynced.push(change);
  }
}

function apply(names: Map<string, MemoryNode>, change: NameChange): void {
  if (change.replaces !== undefined) names.delete(change.replaces);
  if (change.node === undefined) names.delete(change.name);
  else names.set(change.name, change.node);
}

export function isFile(node: MemoryNode): node is MemoryFile {
  return node instanceof MemoryFile;
}
