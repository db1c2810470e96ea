/** A map as a memory with a bound: of more than `most` entries the ones that were put in first go. An entry that is deleted and set again is a new one. */
interface Memory<Key> {
  readonly size: number;
  keys(): Iterable<Key>;
  delete(key: Key): unknown;
}

export function keepNewest<Key>(memory: Memory<Key>, most: number): void {
  for (const oldest of memory.keys()) {
    if (memory.size <= most) return;
    memory.delete(oldest);
  }
}
