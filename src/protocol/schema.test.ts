/**
 * What the types of a schema promise. Half of these tests are run by the type checker: the lines that it must refuse
 * say so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '../base/assert.ts';
import { decode, encode } from './codec.ts';
import {
  api,
  array,
  includesVersion,
  int16,
  int32,
  type RequestOf,
  type ResponseOf,
  records,
  string,
  struct,
  versionRange,
} from './schema.ts';

const Example = api({
  key: 999,
  name: 'Example',
  versions: '0-2',
  flexible: '2+',
  request: {
    id: string({ nullable: '1+', default: null }),
    acks: int16({ default: -1 }),
    topics: array({
      name: string({ versions: '0-1' }),
      partitions: array({ index: int32(), records: records({ nullable: true }) }),
    }),
  },
  response: {
    errorCode: int16(),
    leader: struct({ id: int32({ default: -1 }) }, { versions: '2+', tag: 0 }),
    nodes: array(int32(), { nullable: true }),
  },
});

test('a handler reads what it was sent without a cast', () => {
  const names = (request: RequestOf<typeof Example>): readonly string[] => request.topics.map((topic) => topic.name);
  const bytes = encode(Example.request, 1, { topics: [{ name: 'orders' }] });
  const request: RequestOf<typeof Example> = decode(Example.request, 1, bytes);
  const id: string | null = request.id;
  const first: Uint8Array | null | undefined = request.topics[0]?.partitions[0]?.records;
  assert.deepEqual([names(request), id, first], [['orders'], null, undefined]);
});

test('a response may leave out what is at its default, and nothing else may be said', () => {
  const short: ResponseOf<typeof Example> = { nodes: null };
  // @ts-expect-error there is no such field
  const misspelled: ResponseOf<typeof Example> = { errorCodes: 3 };
  // @ts-expect-error an error code is never null
  const nullCode: ResponseOf<typeof Example> = { errorCode: null };
  // @ts-expect-error an error code is a number
  const textCode: ResponseOf<typeof Example> = { errorCode: '3' };
  assert.ok([short, misspelled, nullCode, textCode].every((response) => typeof response === 'object'));
  const decoded = decode(Example.response, 0, encode(Example.response, 0, short));
  assert.deepEqual(decoded, { errorCode: 0, leader: { id: -1 }, nodes: null });
});

test('null has to be allowed where it is a default', () => {
  // @ts-expect-error the field is not nullable
  const field = string({ default: null });
  assert.equal(field.nullable, undefined);
});

test('fields that a version lacks are not written and read as their default', () => {
  const response = { errorCode: 3, leader: { id: 7 }, nodes: [1] };
  assert.deepEqual(decode(Example.response, 1, encode(Example.response, 1, response)), {
    ...response,
    leader: { id: -1 },
  });
  assert.deepEqual(decode(Example.response, 2, encode(Example.response, 2, response)), response);
});

test('null in a version that has no null is our own mistake', () => {
  assert.throws(() => encode(Example.request, 0, { id: null }), AssertionError);
  assert.equal(decode(Example.request, 1, encode(Example.request, 1, { id: null })).id, null);
});

test('a version that the message does not have is our own mistake', () => {
  assert.throws(() => encode(Example.request, 3, {}), AssertionError);
});

test('what is decoded can be encoded', () => {
  const request = decode(
    Example.request,
    2,
    encode(Example.request, 2, { id: 'a', topics: [{ partitions: [{ index: 4 }] }] }),
  );
  assert.deepEqual(decode(Example.request, 2, encode(Example.request, 2, request)), request);
});

test('version ranges', () => {
  assert.deepEqual(versionRange('3'), { min: 3, max: 3 });
  assert.deepEqual(versionRange('3-7'), { min: 3, max: 7 });
  assert.deepEqual(versionRange('3+'), { min: 3, max: Infinity });
  assert.ok(!includesVersion(versionRange('none'), 1_000));
});
