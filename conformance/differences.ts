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
  /** The difference is there with this kind of store alone. */
  readonly store?: 'disk' | 'memory';
}

export interface UnservedApis {
  readonly reason: string;
  readonly apis: readonly string[];
}

/** The steps of a scenario from one on, which need what Ottla does not have. */
export interface UnplayedSteps {
  readonly scenario: string;
  readonly fromStep: number;
  readonly reason: string;
}

const CORRUPT_MESSAGE = 2;
const INVALID_TOPIC = 17;
const INVALID_UPDATE_VERSION = 95;

/** Ottla does not advertise these, and closes the connection of whoever calls them all the same. */
export const unservedApis: readonly UnservedApis[] = [
  {
    reason: 'Ottla has no consumer groups of the new protocol (KIP-848), share groups and streams groups yet.',
    apis: [
      ...['ConsumerGroupHeartbeat', 'ConsumerGroupDescribe', 'StreamsGroupHeartbeat', 'StreamsGroupDescribe'],
      ...['ShareGroupHeartbeat', 'ShareGroupDescribe', 'ShareFetch', 'ShareAcknowledge'],
      ...['DescribeShareGroupOffsets', 'AlterShareGroupOffsets', 'DeleteShareGroupOffsets'],
      ...['InitializeShareGroupState', 'ReadShareGroupState', 'WriteShareGroupState', 'DeleteShareGroupState'],
      'ReadShareGroupStateSummary',
    ],
  },
  {
    reason: 'Ottla has no users, ACLs, tokens and quotas yet.',
    apis: [
      ...['SaslHandshake', 'SaslAuthenticate', 'DescribeAcls', 'CreateAcls', 'DeleteAcls'],
      ...['DescribeUserScramCredentials', 'AlterUserScramCredentials', 'CreateDelegationToken', 'RenewDelegationToken'],
      ...['ExpireDelegationToken', 'DescribeDelegationToken', 'DescribeClientQuotas', 'AlterClientQuotas'],
    ],
  },
  {
    reason: 'Ottla has no quorum of controllers.',
    apis: ['DescribeQuorum', 'AddRaftVoter', 'RemoveRaftVoter', 'UnregisterBroker'],
  },
  {
    reason: "Ottla collects no clients' metrics (Kafka does not advertise these two without a receiver either).",
    apis: ['GetTelemetrySubscriptions', 'PushTelemetry'],
  },
];

export const unplayedSteps: readonly UnplayedSteps[] = [
  {
    scenario: 'producers/expiry',
    fromStep: 7,
    reason: 'Whether a check of expiry falls between two of its steps is chance, and what follows depends on it.',
  },
  { scenario: 'transactions/txn-offsets-consumer-member', fromStep: 6, reason: 'It needs groups of KIP-848.' },
];

export const differenceGroups: readonly DifferenceGroup[] = [
  {
    reason: 'A feature that Ottla does not have cannot be raised or lowered, so there is nothing to agree to.',
    places: [20, 21, 25, 26, 27].flatMap((step) => [
      { scenario: 'topics/controller-answers', step, pointer: '/response/errorCode', ottla: INVALID_UPDATE_VERSION },
      { scenario: 'topics/controller-answers', step, pointer: '/response/errorMessage', ottla: '<string>' },
      ...([20, 25, 26].includes(step)
        ? [{ scenario: 'topics/controller-answers', step, pointer: '/response/results', ottla: [] }]
        : []),
    ]),
  },
  {
    reason:
      'A log is moved file by file, with what was deleted at the beginning of its first segment. Kafka copies batches, from the log start on.',
    places: [
      { step: 21, pointer: '/response/results/2/topics/0/partitions/1/partitionSize', ottla: 215 },
      { step: 28, pointer: '/response/results/0/topics/0/partitions/1/partitionSize', ottla: 284 },
      { step: 30, pointer: '/response/results/0/topics/0/partitions/1/partitionSize', ottla: 284 },
    ].map((place) => ({ scenario: 'topics/move-log-dirs', ...place })),
  },
  {
    reason:
      'The last stable offset is never below the log start. Kafka leaves it at the first record of an open transaction, although that record was deleted.',
    places: [7, 8].map((step) => ({
      scenario: 'transactions/delete-records',
      step,
      pointer: '/response/responses/0/partitions/0/lastStableOffset',
      ottla: 1,
    })),
  },
  {
    reason:
      'A transactional id that one request names twice gets an answer for each time. Kafka repeats the first answer, which speaks of other partitions.',
    places: [11, 17].map((step) => ({
      scenario: 'transactions/add-partitions-batched',
      step,
      pointer: '/response/resultsByTransaction/1/topicResults/0/resultsByPartition/0/partitionIndex',
      ottla: 1,
    })),
  },
  {
    reason:
      'A batch that comes from an epoch that was fenced is refused with the log start, as other batches of old epochs are.',
    places: [
      {
        scenario: 'transactions/write-markers',
        step: 28,
        pointer: '/response/responses/0/partitionResponses/0/logStartOffset',
        ottla: 0,
      },
    ],
  },
  {
    reason:
      'The topic of the transaction coordinator is there when FindCoordinator is answered; Kafka makes it in the background and lets the client ask again.',
    places: [
      ...[
        { field: 'nodeId', ottla: '<int>' },
        { field: 'host', ottla: '<string>' },
        { field: 'port', ottla: '<int>' },
        { field: 'errorCode', ottla: 0 },
      ].map(({ field, ottla }) => ({
        scenario: 'transactions/before-the-first-coordinator',
        step: 20,
        pointer: `/response/coordinators/0/${field}`,
        ottla,
      })),
    ],
  },
  {
    reason:
      'The other features are those of a KRaft cluster and of protocols that Ottla does not have; a client that does not see them does not use the new groups.',
    places: [3, 4].flatMap((step) => [
      {
        scenario: 'handshake/apiversions-all-versions',
        step,
        pointer: '/response/supportedFeatures',
        ottla: step === 3 ? [] : [{ name: 'transaction.version', minVersion: 0, maxVersion: 2 }],
      },
      {
        scenario: 'handshake/apiversions-all-versions',
        step,
        pointer: '/response/finalizedFeatures',
        ottla: [{ name: 'transaction.version', minVersionLevel: 2, maxVersionLevel: 2 }],
      },
    ]),
  },
  {
    reason:
      'Record data that cannot be read is CORRUPT_MESSAGE, which makes a client send it again. Kafka stumbles: UNKNOWN_SERVER_ERROR for an impossible length, an unknown codec and streams that cannot be inflated.',
    places: [
      ...[16, 32, 33, 34, 35].map((step) => ({
        scenario: 'log/produce-malformed',
        step,
        pointer: '/response/responses/0/partitionResponses/0/errorCode',
        ottla: CORRUPT_MESSAGE,
      })),
      {
        scenario: 'log/produce-malformed',
        step: 16,
        pointer: '/response/responses/0/partitionResponses/0/errorMessage',
        ottla: '<string>',
      },
    ],
  },
  {
    reason:
      'After a restart Ottla still knows the last five batches of each producer, Kafka only the newest: a retry of an older one is answered with its offset instead of OUT_OF_ORDER_SEQUENCE_NUMBER.',
    places: [
      { scenario: 'log/restart-clean', step: 17 },
      { scenario: 'log/restart-kill', step: 18 },
    ].flatMap((place) => [
      { ...place, pointer: '/response/responses/0/partitionResponses/0/errorCode', ottla: 0 },
      { ...place, pointer: '/response/responses/0/partitionResponses/0/baseOffset', ottla: 3 },
      { ...place, pointer: '/response/responses/0/partitionResponses/0/logAppendTimeMs', ottla: '<timestamp>' },
    ]),
  },
  {
    reason: 'An illegal topic name is INVALID_TOPIC_EXCEPTION here as everywhere; Kafka answers UNKNOWN_SERVER_ERROR.',
    places: [0, 1].flatMap((topic) => [
      {
        scenario: 'topics/describe-topic-partitions',
        step: 28,
        pointer: `/response/topics/${topic}/errorCode`,
        ottla: INVALID_TOPIC,
      },
      {
        scenario: 'topics/describe-topic-partitions',
        step: 28,
        pointer: `/response/topics/${topic}/topicAuthorizedOperations`,
        ottla: '<int>',
      },
    ]),
  },
  {
    reason:
      'The memory engine lets deleted records go at once. Kafka still finds the largest timestamp in a segment whose records were all deleted, below the log start.',
    places: ['timestamp', 'offset', 'leaderEpoch'].map((field) => ({
      scenario: 'log/list-offsets-empty',
      step: 13,
      pointer: `/response/topics/0/partitions/0/${field}`,
      ottla: -1,
      store: 'memory',
    })),
  },
];
