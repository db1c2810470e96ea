/**
 * Produce v3–13 (v0–2 are advertised because librdkafka looks for them, and close the connection): batches for partitions.
 *
 * v5 added the log start to the answer, v7 allows zstd (KIP-110), v8 tells which records were wrong (KIP-467), v9 is flexible, v10 names the leader where
 * this broker is not it (KIP-951), v12 adds partitions to transactions by itself (KIP-890), v13 names topics by id (KIP-516).
 *
 * The coordinator is asked first about partitions where the transaction of the batch is not open yet. All batches of a request get their places in one turn; then the next
 * request of the connection is begun, and the answer waits for the disk. acks=all waits for stable storage, acks=1 for the operating system.
 *
 * Differs from Apache Kafka: the timeout is at least a second, because what is waited for is this broker's disk; batches that Apache Kafka answers with a
 * server error, or never, are refused with the error of what is wrong (`protocol/batch/validate.ts`).
 */

import { limits } from '../../base/limits.ts';
import { Acknowledgement } from '../../broker/acknowledgement.ts';
import { type Admitted, admitProduced, type TransactionalBatch } from '../../broker/produce-admission.ts';
import type { TopicRegistration } from '../../metadata/metadata-image.ts';
import type { Appended, AppendRefused } from '../../partition/append-result.ts';
import type { Partition } from '../../partition/partition.ts';
import type { VerificationGuard } from '../../partition/transaction-verifications.ts';
import {
  HEADER_BYTES,
  hasProducerId,
  isTransactional,
  MAGIC,
  magic,
  producerEpoch,
  producerId,
} from '../../protocol/batch/header.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Produce } from '../../protocol/messages/produce.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { handler, type RequestContext } from '../handler.ts';
import { LeaderHints } from '../leader-hints.ts';

type Request = RequestOf<typeof Produce>;
type Response = ResponseOf<typeof Produce>;
type TopicAnswer = NonNullable<Response['responses']>[number];
type PartitionAnswer = NonNullable<TopicAnswer['partitionResponses']>[number] & { readonly errorCode: ErrorCode };

const TOPIC_IDS_VERSION = 13;
/** The client that may write to internal topics; Kafka's own tools have this id. */
const ADMIN_CLIENT_ID = '__admin_client';

/** One partition of the request, on its way to an answer. */
interface Target {
  readonly name: string;
  readonly topicId: string;
  readonly topic: TopicRegistration | undefined;
  readonly index: number;
  readonly records: Uint8Array | null;
  /** The first batch is part of a transaction. */
  readonly isTransactional: boolean;
  found: Partition | ErrorCode | Promise<Partition | ErrorCode>;
  /** Why it was refused, for people. */
  message: string | null;
  guard: VerificationGuard | undefined;
  answer: PartitionAnswer;
}

export const produce = handler(Produce, (request, context) => {
  const targets = targetsOf(request, context);
  let areReady = true;
  for (const target of targets) {
    target.found = find(target, request, context);
    if (target.found instanceof Promise) areReady = false;
  }
  return areReady ? decide(targets, request, context) : decideLater(targets, request, context);
});

async function decideLater(
  targets: readonly Target[],
  request: Request,
  context: RequestContext,
): Promise<Response | undefined> {
  for (const target of targets) target.found = await target.found;
  return decide(targets, request, context);
}

/** Batches of a transaction need the coordinator's leave where they begin it; all others are appended in this turn. */
function decide(
  targets: readonly Target[],
  request: Request,
  context: RequestContext,
): Response | undefined | Promise<Response | undefined> {
  let hasTransaction = false;
  for (const target of targets) if (target.isTransactional) hasTransaction = true;
  const admitted = hasTransaction ? admit(targets, request, context) : undefined;
  return admitted === undefined
    ? append(targets, request, context)
    : admitted.then(() => append(targets, request, context));
}

/** Undefined when nobody has to be asked. What is refused, or needs a guard, has it in its target afterwards. */
function admit(
  targets: readonly Target[],
  { transactionalId }: Request,
  { broker, apiVersion }: RequestContext,
): Promise<void> | undefined {
  if (transactionalId === null) return refuseAll(targets, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  const batches = new Map<Target, TransactionalBatch>();
  for (const target of targets) {
    const { topic, records, found } = target;
    const isFound = typeof found === 'object' && !(found instanceof Promise) && topic !== undefined;
    if (!isFound || records === null || !target.isTransactional || !hasProducerId(records)) continue;
    batches.set(target, { topic: topic.name, partition: found, batch: records });
  }
  const all = [...batches.values()];
  if (!areOfOneProducer(all)) {
    return refuseAll(
      targets,
      ErrorCode.INVALID_PRODUCER_ID_MAPPING,
      'The request has transactional records of several producers.',
    );
  }
  const asked = admitProduced({ transactionalId, produceVersion: apiVersion, batches: all }, broker);
  return asked?.then((answers) => takeAnswers([...batches.keys()], answers));
}

function takeAnswers(targets: readonly Target[], answers: readonly Admitted[]): void {
  for (const [index, target] of targets.entries()) {
    const answer = answers[index];
    target.guard = answer?.guard;
    if (answer === undefined || answer.error === ErrorCode.NONE) continue;
    target.found = answer.error;
    target.message = admissionMessage(answer.error);
  }
}

/** Only what a user would puzzle over has one. */
function admissionMessage(error: ErrorCode): string | null {
  switch (error) {
    case ErrorCode.INVALID_TXN_STATE:
      return 'The transaction does not have this partition.';
    case ErrorCode.NOT_ENOUGH_REPLICAS:
      return 'The transaction coordinator cannot say now whether the transaction has this partition.';
    default:
      return null;
  }
}

function refuseAll(targets: readonly Target[], error: ErrorCode, message: string | null = null): undefined {
  for (const target of targets) {
    target.found = error;
    target.message = message;
  }
}

function areOfOneProducer([first, ...others]: readonly TransactionalBatch[]): boolean {
  if (first === undefined) return true;
  const id = producerId(first.batch);
  const epoch = producerEpoch(first.batch);
  return others.every(({ batch }) => producerId(batch) === id && producerEpoch(batch) === epoch);
}

/** In the order of the request. A partition or a topic that is named twice keeps its first place and its last records, as in Apache Kafka. */
function targetsOf(request: Request, context: RequestContext): readonly Target[] {
  const { image } = context.broker.metadata;
  const byId = context.apiVersion >= TOPIC_IDS_VERSION;
  const targets: Target[] = [];
  for (const { name, topicId, partitionData } of request.topicData) {
    const topic = byId ? image.topicById(topicId) : image.topicByName(name);
    for (const { index, records } of partitionData) {
      targets.push({
        name,
        topicId,
        topic,
        index,
        records,
        isTransactional: isTransactionalBatch(records),
        found: ErrorCode.NONE,
        message: null,
        guard: undefined,
        answer: unanswered,
      });
    }
  }
  if (targets.length === 1) return targets;
  return [...new Map(targets.map((target) => [`${target.index} ${topicKey(target)}`, target])).values()];
}

/** Requests and answers name topics by name or by id, by version. */
function topicKey({ name, topicId }: Pick<Target, 'name' | 'topicId'>): string {
  return name === '' ? topicId : name;
}

/** The partition to append to, or why nothing can be. */
function find(
  { topic, index }: Target,
  request: Request,
  { broker, apiVersion, clientId }: RequestContext,
): Target['found'] {
  if (topic === undefined) {
    return apiVersion >= TOPIC_IDS_VERSION ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }
  if (topic.isInternal && clientId !== ADMIN_CLIENT_ID) return ErrorCode.INVALID_TOPIC_EXCEPTION;
  if (topic.partitions[index] === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (request.acks < -1 || request.acks > 1) return ErrorCode.INVALID_REQUIRED_ACKS;
  return broker.partitions.find(topic, index);
}

function isTransactionalBatch(records: Uint8Array | null): boolean {
  return records !== null && records.length >= HEADER_BYTES && magic(records) === MAGIC && isTransactional(records);
}

/** Everything is decided here, in one turn; what comes after only waits. */
function append(
  targets: readonly Target[],
  request: Request,
  context: RequestContext,
): Response | undefined | Promise<Response | undefined> {
  const { acks } = request;
  const acknowledgement = new Acknowledgement(targets.length, (token, error) => {
    const target = targets[token];
    if (target !== undefined) target.answer = refusal(target.index, error);
  });
  let isAhead = false;
  let hasError = false;
  for (const [token, target] of targets.entries()) {
    const { found, index } = target;
    if (typeof found === 'number' || found instanceof Promise) {
      // Every promise has been awaited.
      const error = typeof found === 'number' ? found : ErrorCode.UNKNOWN_SERVER_ERROR;
      target.answer = refusal(index, error, target.message);
      hasError = true;
      continue;
    }
    const result = found.append(target.records, context.apiVersion, target.guard);
    if (result.kind === 'refused') {
      target.answer = refusalOf(index, result);
      hasError = true;
      continue;
    }
    target.answer = success(index, result);
    const hasBacklog = found.uncommittedBytes > limits.uncommittedBytesPerPartition;
    if (hasBacklog) isAhead = true;
    // Without acknowledgements the connection waits only to be slowed down to the speed of the disk.
    if (acks !== 0 || hasBacklog) acknowledgement.add(found, result.lastOffset, { acks, token });
  }
  if (acks === 0 && hasError) {
    context.disconnect();
    return undefined;
  }
  const answer = (): Response | undefined => (acks === 0 ? undefined : responseOf(targets, context));
  if (!acknowledgement.isPending) return answer();
  if (!isAhead) context.admitNext();
  return acknowledgement.whenSettled(context.broker.env.timers, request.timeoutMs).then(answer);
}

function responseOf(targets: readonly Target[], context: RequestContext): Response {
  const hints = new LeaderHints(context);
  // Most requests are for one partition, and grouping would cost them more than all else here.
  const topics = targets.length === 1 ? [targets] : [...Map.groupBy(targets, topicKey).values()];
  const responses = topics.map((ofTopic) => topicAnswer(ofTopic, hints));
  return { responses, nodeEndpoints: hints.nodeEndpoints };
}

function topicAnswer(targets: readonly Target[], hints: LeaderHints): TopicAnswer {
  const { name = '', topicId = ZERO_UUID } = targets[0] ?? {};
  return { name, topicId, partitionResponses: targets.map((target) => partitionAnswer(target, hints)) };
}

function partitionAnswer({ topic, index, answer }: Target, hints: LeaderHints): PartitionAnswer {
  const currentLeader = hints.hint(answer.errorCode, topic, index);
  return currentLeader === undefined ? answer : { ...answer, currentLeader };
}

function success(index: number, { baseOffset, logAppendTimeMs, logStartOffset }: Appended): PartitionAnswer {
  return {
    index,
    errorCode: ErrorCode.NONE,
    baseOffset,
    logAppendTimeMs,
    logStartOffset,
    recordErrors: undefined,
    errorMessage: null,
  };
}

function refusal(index: number, errorCode: ErrorCode, errorMessage: string | null = null): PartitionAnswer {
  return {
    index,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: undefined,
    errorMessage,
  };
}

function refusalOf(index: number, refused: AppendRefused): PartitionAnswer {
  return {
    index,
    errorCode: refused.error,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: refused.logStartOffset,
    recordErrors: refused.recordErrors,
    errorMessage: refused.message,
  };
}

const unanswered: PartitionAnswer = refusal(-1, ErrorCode.UNKNOWN_SERVER_ERROR);
