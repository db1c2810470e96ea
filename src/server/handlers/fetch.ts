/**
 * Fetch v4–18: batches of partitions, for consumers.
 *
 * v5 added the log start, v7 sessions (KIP-227), v9 leader epochs (KIP-320), v11 racks (KIP-392), v12 is flexible and finds where logs diverge
 * (KIP-595), v13 names topics by id (KIP-516), v15 moved the replica id, v16 names other leaders (KIP-951), v17 and v18 added what only replicas say.
 *
 * What is asked for and in memory is answered in the same turn. Below `minBytes` the request waits, woken by appends; as in Apache Kafka the next request of the
 * connection waits with it. Consumers see what is on stable storage (or with the operating system, where the settings say so); a fetch that does not wait
 * (`maxWaitMs` 0) is held for one sync where something is on its way there.
 *
 * Differs from Apache Kafka: there are no followers to fetch, so a replica id is always refused; the endpoints of other leaders are told where Apache Kafka
 * leaves the list empty; a read that asks for less than nothing of the whole request refuses all of its partitions.
 */

import type { FetchPartition } from '../../broker/fetch-partition.ts';
import {
  type FetchedAnswer,
  type FetchReading,
  type FetchReadOptions,
  readFetch,
  refusedPartition,
} from '../../broker/fetch-read.ts';
import { type FetchSubject, subjectOf } from '../../broker/fetch-request.ts';
import { NO_SESSION } from '../../broker/fetch-sessions.ts';
import { parkFetch } from '../../broker/parked-fetch.ts';
import type { Isolation } from '../../partition/partition.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Fetch } from '../../protocol/messages/fetch.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';
import { LeaderHints } from '../leader-hints.ts';

type Request = RequestOf<typeof Fetch>;
type Response = ResponseOf<typeof Fetch>;
type TopicAnswer = NonNullable<Response['responses']>[number];
type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number];
type Subject = Exclude<FetchSubject, { kind: 'refused' }>;

const CONSUMER = -1;
const REPLICA_STATE_VERSION = 15;
const TOPIC_IDS_VERSION = 13;
const LEADER_HINTS_VERSION = 16;

/** What holds for all reads of one request. */
interface Call {
  readonly context: RequestContext;
  readonly subject: Subject;
  readonly options: FetchReadOptions;
  readonly minBytes: number;
  readonly maxWaitMs: number;
}

export const fetch = handler(Fetch, (request, context) => {
  const replicaId = context.apiVersion >= REPLICA_STATE_VERSION ? request.replicaState.replicaId : request.replicaId;
  const isolation = isolationOf(request.isolationLevel, replicaId);
  if (isolation === undefined) return refuseAll(request, ErrorCode.UNKNOWN_SERVER_ERROR);
  const { broker, apiVersion } = context;
  const subject = subjectOf(request, apiVersion >= TOPIC_IDS_VERSION, broker.fetchSessions);
  if (subject.kind === 'refused') return { errorCode: subject.error };
  const bytesMax = Math.min(request.maxBytes, broker.config.get('fetch.max.bytes'));
  const options = { bytesMax, isolation, replicaId, find: (target: FetchPartition) => find(target, context) };
  const { maxWaitMs } = request;
  const call = { context, subject, options, minBytes: Math.min(request.minBytes, bytesMax), maxWaitMs };
  const reading = readFetch(targetsOf(subject), options);
  return reading instanceof Promise ? reading.then((late) => answerOrWait(call, late)) : answerOrWait(call, reading);
});

/** Undefined: no such isolation level. Only consumers are kept below the high watermark. */
function isolationOf(level: number, replicaId: number): Isolation | undefined {
  if (level !== 0 && level !== 1) return undefined;
  if (replicaId !== CONSUMER) return 'log-end';
  return level === 1 ? 'committed' : 'uncommitted';
}

function targetsOf(subject: Subject): readonly FetchPartition[] {
  return subject.kind === 'full' ? subject.targets : [...subject.session.active];
}

/** Topics that were known under an id stay known by their name, so that a deleted one is told from one that never was. */
function find({ topic, index }: FetchPartition, context: RequestContext): ReturnType<FetchReadOptions['find']> {
  const { broker, apiVersion } = context;
  const { image } = broker.metadata;
  if (apiVersion < TOPIC_IDS_VERSION) return broker.partitions.get(topic.name, index);
  const registration = image.topicById(topic.id);
  if (registration === undefined) {
    return topic.name === '' ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }
  topic.name = registration.name;
  return broker.partitions.find(registration, index);
}

function answerOrWait(call: Call, reading: FetchReading): Response | Promise<Response> {
  const { subject, minBytes, maxWaitMs } = call;
  if (reading.isUrgent) return respond(call, reading.answers, reading.unknown);
  if (maxWaitMs <= 0) {
    const behind = reading.answers.filter(isBehindProducers);
    if (behind.length > 0) return commitAndRead(call, reading, behind);
    return respond(call, reading.answers, reading.unknown);
  }
  const known = (subject.kind === 'full' ? subject.targets.length : subject.session.size) - reading.unknown.length;
  if (reading.bytes >= minBytes || known === 0) return respond(call, reading.answers, reading.unknown);
  return waitAndRead(call, reading);
}

async function waitAndRead(call: Call, first: FetchReading): Promise<Response> {
  const { subject, minBytes, maxWaitMs, context } = call;
  // A read that waited for the disk may be out of date already: then what it missed is read at once.
  if (!first.answers.some((answer) => hasMoved(answer, call.options.isolation)) && !hasOthers(subject, first)) {
    await parkFetch({
      scope: subject.kind === 'full' ? subject.scope : subject.session,
      missingBytes: minBytes - first.bytes,
      maxWaitMs,
      isolation: call.options.isolation,
      timers: context.broker.env.timers,
      signal: context.connection.signal,
    });
  }
  return readAgain(call, first);
}

/**
 * A client that does not wait would not see what it has just produced with acks=1, because that is not committed yet. What was appended before its fetch is
 * waited for, which is the time of one sync; whoever waits gets it anyway.
 */
async function commitAndRead(call: Call, first: FetchReading, behind: readonly FetchedAnswer[]): Promise<Response> {
  // A partition that stops meanwhile says so when it is read.
  await Promise.allSettled(
    behind.map(({ target: { partition } }) => partition?.whenDurable(partition.logEndOffset - 1)),
  );
  return readAgain(call, first);
}

function isBehindProducers({ target: { partition } }: FetchedAnswer): boolean {
  return partition !== undefined && partition.highWatermark < partition.logEndOffset;
}

async function readAgain(call: Call, first: FetchReading): Promise<Response> {
  const { subject, options } = call;
  const unknown = new Set(first.unknown.map(({ target }) => target));
  const targets = targetsOf(subject).filter((target) => !unknown.has(target));
  const reading = await readFetch(targets, options);
  // What ceased to exist during the wait was refused by the log, in Kafka's eyes, and not before it.
  const gone = reading.unknown.map(({ target, data }) => {
    const errorCode = data.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return { target, data: { ...data, errorCode, abortedTransactions: null }, bytes: 0 };
  });
  return respond(call, [...reading.answers, ...gone], first.unknown);
}

function hasMoved({ target: { partition }, data }: FetchedAnswer, isolation: Isolation): boolean {
  if (isolation === 'committed') return partition?.lastStableOffset !== data.lastStableOffset;
  return partition?.highWatermark !== data.highWatermark;
}

/** Partitions of the session that had nothing to say when the read began, and now have. */
function hasOthers(subject: Subject, { answers, unknown }: FetchReading): boolean {
  return subject.kind === 'incremental' && subject.session.activeCount > answers.length + unknown.length;
}

/** Partitions that do not exist come after the others, as in Apache Kafka. */
function respond(
  { context, subject }: Call,
  found: readonly FetchedAnswer[],
  unknown: readonly FetchedAnswer[],
): Response {
  const answers = unknown.length === 0 ? found : [...found, ...unknown];
  if (subject.kind === 'full') {
    subject.session?.rememberAll(answers);
    return responseOf(answers, subject.session?.id ?? NO_SESSION, context);
  }
  const { session, epoch } = subject;
  // While this request waited, another one went on with the session.
  if (session.epoch !== epoch) return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id };
  return responseOf(session.changesIn(answers), session.id, context);
}

function responseOf(answers: readonly FetchedAnswer[], sessionId: number, context: RequestContext): Response {
  const responses: (TopicAnswer & { readonly partitions: PartitionAnswer[] })[] = [];
  const hints = context.apiVersion >= LEADER_HINTS_VERSION ? new LeaderHints(context) : undefined;
  let last: FetchPartition['topic'] | undefined;
  for (const { target, data } of answers) {
    const { topic } = target;
    if (last === undefined || last.id !== topic.id || last.name !== topic.name) {
      responses.push({ topic: topic.name, topicId: topic.id, partitions: [] });
      last = topic;
    }
    responses.at(-1)?.partitions.push(hints === undefined ? data : withHint(target, data, hints, context));
  }
  return { errorCode: ErrorCode.NONE, sessionId, responses, nodeEndpoints: hints?.nodeEndpoints ?? [] };
}

function withHint(
  target: FetchPartition,
  data: PartitionAnswer,
  hints: LeaderHints,
  { broker }: RequestContext,
): PartitionAnswer {
  const error = data.errorCode;
  if (error !== ErrorCode.NOT_LEADER_OR_FOLLOWER && error !== ErrorCode.FENCED_LEADER_EPOCH) return data;
  const currentLeader = hints.hint(error, broker.metadata.image.topicById(target.topic.id), target.index);
  return currentLeader === undefined ? data : { ...data, currentLeader };
}

/** The whole request is wrong. */
function refuseAll(request: Request, error: ErrorCode): Response {
  return {
    errorCode: error,
    responses: request.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => refusedPartition(partition, error, [])),
    })),
  };
}
