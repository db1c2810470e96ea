/**
 * Where Ottla deliberately answers differently from Apache Kafka 4.3.1, and why: the only such list. Each place says what Ottla does instead, so
 * a difference is tested as strictly as an agreement; one that is no longer a difference makes the run fail.
 */
import type { Json } from '../src/protocol/json.ts';

export interface DifferenceGroup {
  readonly reason: string;
  readonly places: readonly Difference[];
}

export interface Difference {
  readonly scenario: string;
  /** Index of the step, from 0. */
  readonly step: number;
  /** Into the step, such as `/response/topics/0/errorCode`. */
  readonly pointer: string;
  /** What the step then expects there; undefined: nothing. */
  readonly ottla: Json | undefined;
}

/** APIs that Ottla does not serve: it does not advertise them, and closes the connection of whoever calls them all the same. */
export const unservedApis: ReadonlyMap<string, string> = new Map([
  ['AlterReplicaLogDirs', 'A broker has one data directory, so there is no other to move a partition to.'],
  ['DescribeQuorum', 'There is no quorum of controllers: the metadata log has one order and no leaders.'],
  ['UnregisterBroker', 'A broker is not removed from the cluster by a client.'],
  ['UpdateFeatures', 'What a broker can do follows from its program; there is no level to raise or lower.'],
]);

export const differenceGroups: readonly DifferenceGroup[] = [
  {
    reason:
      'A name that no topic can have is refused by itself, with the error for that; Kafka fails the whole request.',
    places: [0, 1].flatMap((index) => {
      const place = { scenario: 'topics/describe-topic-partitions', step: 28 };
      return [
        { ...place, pointer: `/response/topics/${index}/errorCode`, ottla: 17 },
        { ...place, pointer: `/response/topics/${index}/topicAuthorizedOperations`, ottla: 3576 },
      ];
    }),
  },
];
