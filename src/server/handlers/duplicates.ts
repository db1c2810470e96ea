/** Requests that name the same thing twice: Kafka refuses both and answers once. */

export function splitDuplicates<T, Key>(
  items: readonly T[],
  keyOf: (item: T) => Key,
): { readonly unique: readonly T[]; readonly duplicates: readonly Key[] } {
  const counts = new Map<Key, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return {
    unique: items.filter((item) => counts.get(keyOf(item)) === 1),
    duplicates: [...counts].filter(([, count]) => count > 1).map(([key]) => key),
  };
}
