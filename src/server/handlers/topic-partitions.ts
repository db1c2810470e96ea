/** Between the partitions that a request groups by topic and the plain list that a coordinator is asked about. */

export interface AskedTopic {
  readonly name: string;
  readonly partitions: readonly number[];
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export function flatten(topics: readonly AskedTopic[]): readonly TopicPartition[] {
  return topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition })));
}

/** `map` is told the place of each partition in the plain list. */
export function byTopic<T>(
  topics: readonly AskedTopic[],
  map: (partition: number, place: number) => T,
): readonly { readonly name: string; readonly partitions: readonly T[] }[] {
  let place = 0;
  return topics.map(({ name, partitions }) => ({ name, partitions: partitions.map((one) => map(one, place++)) }));
}
