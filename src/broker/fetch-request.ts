/**
 * Which partitions one fetch is about: those that it names, or those that its session remembers and that may have news (KIP-227). Owns the rules of
 * session ids and epochs; reads no log.
 */
import type { ReadableBytes } from '../partition/partition-progress.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { Fetch } from '../protocol/messages/fetch.ts';
import type { RequestOf } from '../protocol/schema.ts';
import { type FetchOwner, FetchPartition, type FetchTopic } from './fetch-partition.ts';
import {
  type FetchSession,
  type FetchSessions,
  type FetchWaiter,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  NO_SESSION,
} from './fetch-sessions.ts';
import type { FetchScope } from './parked-fetch.ts';

type Request = RequestOf<typeof Fetch>;

export type FetchSubject =
  /** All that the request names; `session` is the one that it begins. */
  | {
      readonly kind: 'full';
      readonly scope: FetchScope;
      readonly targets: readonly FetchPartition[];
      readonly session: FetchSession | undefined;
    }
  /** What is new in a session. `epoch` is the session's while this request is the last one. */
  | { readonly kind: 'incremental'; readonly session: FetchSession; readonly epoch: number }
  | { readonly kind: 'refused'; readonly error: ErrorCode };

/** `byId`: topics are named by id (version 13 and later). */
export function subjectOf(request: Request, byId: boolean, sessions: FetchSessions): FetchSubject {
  const { sessionId, sessionEpoch } = request;
  if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
    if (sessionId !== NO_SESSION) sessions.remove(sessionId);
    return fullSubject(request, byId, sessionEpoch === INITIAL_EPOCH ? sessions : undefined);
  }
  const session = sessions.get(sessionId);
  if (session === undefined) return { kind: 'refused', error: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
  if (session.epoch !== sessionEpoch) return { kind: 'refused', error: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
  if (session.usesTopicIds !== byId) return { kind: 'refused', error: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
  updateSession(session, request);
  if (sessions.isOverfull) {
    // The client starts over with a full fetch, and goes on without a session if there is still no room.
    sessions.remove(sessionId);
    return { kind: 'refused', error: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
  }
  if (session.size === 0) {
    // A session of nothing is over.
    sessions.remove(sessionId);
    return { kind: 'full', scope: new SingleFetch(), targets: [], session: undefined };
  }
  sessions.advance(session);
  return { kind: 'incremental', session, epoch: session.epoch };
}

function fullSubject(request: Request, byId: boolean, sessions: FetchSessions | undefined): FetchSubject {
  let size = 0;
  for (const { partitions } of request.topics) size += partitions.length;
  const session = sessions?.create(size, byId);
  if (session !== undefined) {
    updateSession(session, request);
    return { kind: 'full', scope: session, targets: [...session.active], session };
  }
  const single = new SingleFetch();
  for (const topic of request.topics) {
    const shared: FetchTopic = { name: topic.topic, id: topic.topicId };
    for (const wish of topic.partitions) single.target(shared, wish.partition).wish(wish);
  }
  return { kind: 'full', scope: single, targets: single.targets, session: undefined };
}

/** Adds, changes and forgets what the request says. */
function updateSession(session: FetchSession, request: Request): void {
  for (const topic of request.topics) {
    const key = topicKey(topic.topic, topic.topicId);
    const shared: FetchTopic = { name: topic.topic, id: topic.topicId };
    for (const wish of topic.partitions) {
      let target = session.find(key, wish.partition);
      if (target === undefined) {
        target = new FetchPartition(shared, wish.partition, session);
        session.add(key, target);
      } else {
        session.touch(target);
      }
      target.wish(wish);
    }
  }
  for (const topic of request.forgottenTopicsData) {
    for (const index of topic.partitions) session.forget(topicKey(topic.topic, topic.topicId), index);
  }
}

/** By version one of them is empty or the zero id. */
function topicKey(name: string, id: string): string {
  return name === '' ? id : name;
}

/** A fetch without a session: it listens to its partitions only while it waits. */
class SingleFetch implements FetchScope, FetchOwner {
  readonly targets: FetchPartition[] = [];
  readonly #byTopic = new Map<string, Map<number, FetchPartition>>();
  #waiter: FetchWaiter | undefined;

  /** The partition named twice is one, at its first place. */
  target(topic: FetchTopic, index: number): FetchPartition {
    const key = topicKey(topic.name, topic.id);
    let byIndex = this.#byTopic.get(key);
    if (byIndex === undefined) {
      byIndex = new Map();
      this.#byTopic.set(key, byIndex);
    }
    let target = byIndex.get(index);
    if (target === undefined) {
      target = new FetchPartition(topic, index, this);
      byIndex.set(index, target);
      this.targets.push(target);
    }
    return target;
  }

  partitionMoved(target: FetchPartition, progress: ReadableBytes): void {
    this.#waiter?.partitionMoved(target, progress);
  }

  wait(waiter: FetchWaiter): void {
    this.#waiter = waiter;
    for (const target of this.targets) target.listen();
  }

  endWait(): void {
    this.#waiter = undefined;
    for (const target of this.targets) target.unlisten();
  }
}
