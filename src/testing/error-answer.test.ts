import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../protocol/error-code.ts';
import { encodeResponse } from '../protocol/frame.ts';
import { Fetch } from '../protocol/messages/fetch.ts';
import { FindCoordinator } from '../protocol/messages/find-coordinator.ts';
import { JoinGroup } from '../protocol/messages/join-group.ts';
import { Metadata } from '../protocol/messages/metadata.ts';
import { OffsetCommit } from '../protocol/messages/offset-commit.ts';
import { OffsetFetch } from '../protocol/messages/offset-fetch.ts';
import { Produce } from '../protocol/messages/produce.ts';
import type { Api, ResponseOf } from '../protocol/schema.ts';
import { errorAnswer } from './error-answer.ts';

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** The answer, once it is known that every version of the API can say it. */
function answerTo(api: Api, request: unknown, error: ErrorCode): unknown {
  const answer = errorAnswer(api, request, error);
  for (let version = api.versions.min; version <= api.versions.max; version += 1) {
    // Made for this API by its own schema.
    assert.ok(encodeResponse(api, version, 1, answer as ResponseOf<Api>).parts.length > 0);
  }
  return answer;
}

test('Produce: every partition of every topic says the error', () => {
  const answer = answerTo(
    Produce,
    {
      transactionalId: null,
      acks: -1,
      topicData: [
        { name: 'a', topicId, partitionData: [{ index: 0 }, { index: 3 }] },
        { name: 'b', topicId, partitionData: [{ index: 1 }] },
      ],
    },
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
  );
  const failed = (index: number) => ({ index, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, recordErrors: [] });
  assert.partialDeepStrictEqual(answer, {
    responses: [
      { name: 'a', topicId, partitionResponses: [failed(0), failed(3)] },
      { name: 'b', topicId, partitionResponses: [failed(1)] },
    ],
  });
});

test('Fetch: partitions say it, and the request does not fail as a whole', () => {
  const answer = answerTo(
    Fetch,
    { sessionId: 7, topics: [{ topic: 'a', topicId, partitions: [{ partition: 2, fetchOffset: 5 }] }] },
    ErrorCode.OFFSET_OUT_OF_RANGE,
  );
  const partitions = [{ partitionIndex: 2, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }];
  assert.partialDeepStrictEqual(answer, {
    errorCode: 0,
    sessionId: 7,
    responses: [{ topic: 'a', topicId, partitions }],
  });
});

test('Fetch: a request that names no partitions fails as a whole', () => {
  const answer = answerTo(Fetch, { sessionId: 7, topics: [] }, ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  assert.partialDeepStrictEqual(answer, { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] });
});

test('Fetch: topics that the session shall forget are not answered for', () => {
  const request = { sessionId: 7, topics: [], forgottenTopicsData: [{ topic: 'a', topicId, partitions: [1] }] };
  const answer = answerTo(Fetch, request, ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  assert.partialDeepStrictEqual(answer, { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] });
});

test('Metadata: topics that were named say it', () => {
  const answer = answerTo(Metadata, { topics: [{ name: 'a', topicId }] }, ErrorCode.LEADER_NOT_AVAILABLE);
  const topics = [{ name: 'a', topicId, errorCode: ErrorCode.LEADER_NOT_AVAILABLE, partitions: [] }];
  assert.partialDeepStrictEqual(answer, { errorCode: 0, brokers: [], topics });
});

test('JoinGroup: the answer as a whole says it, and the member stays who it is', () => {
  const answer = answerTo(
    JoinGroup,
    { groupId: 'g', memberId: 'm', protocolType: 'consumer', protocols: [{ name: 'range' }] },
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
  );
  assert.partialDeepStrictEqual(answer, {
    errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    memberId: 'm',
    members: [],
  });
});

test('OffsetCommit: every partition says it', () => {
  const answer = answerTo(
    OffsetCommit,
    { groupId: 'g', topics: [{ name: 'a', topicId, partitions: [{ partitionIndex: 4, committedOffset: 9 }] }] },
    ErrorCode.ILLEGAL_GENERATION,
  );
  const partitions = [{ partitionIndex: 4, errorCode: ErrorCode.ILLEGAL_GENERATION }];
  assert.partialDeepStrictEqual(answer, { topics: [{ name: 'a', topicId, partitions }] });
});

test('OffsetFetch: partitions that were asked for by number say it', () => {
  const topics = [{ name: 'a', topicId, partitionIndexes: [0, 2] }];
  const errorCode = ErrorCode.UNSTABLE_OFFSET_COMMIT;
  const answer = answerTo(OffsetFetch, { groupId: '', topics: [], groups: [{ groupId: 'g', topics }] }, errorCode);
  const partitions = [
    { partitionIndex: 0, errorCode },
    { partitionIndex: 2, errorCode },
  ];
  assert.partialDeepStrictEqual(answer, { groups: [{ groupId: 'g', topics: [{ name: 'a', topicId, partitions }] }] });
});

test('FindCoordinator: a list of keys is answered key by key, one key by the answer as a whole', () => {
  const errorCode = ErrorCode.COORDINATOR_NOT_AVAILABLE;
  const many = answerTo(FindCoordinator, { key: '', keyType: 0, coordinatorKeys: ['a', 'b'] }, errorCode);
  assert.partialDeepStrictEqual(many, {
    coordinators: [
      { key: 'a', errorCode },
      { key: 'b', errorCode },
    ],
  });
  const one = answerTo(FindCoordinator, { key: 'a', keyType: 0, coordinatorKeys: [] }, errorCode);
  assert.partialDeepStrictEqual(one, { errorCode, coordinators: [] });
});
