/** The player itself: a comparison that overlooks something would make every conformance result worthless. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of scenarios look like this.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { coordinatorPartition } from '../src/base/java-hash.ts';
import type { Json } from '../src/protocol/json.ts';
import { differencesBetween, type Orders } from './compare.ts';
import { judge } from './judge.ts';
import { requestFrame, responseJson } from './messages.ts';
import { play } from './player.ts';
import { filteredAt, valueAt, withValueAt } from './pointer.ts';
import { recordDataFromJson, recordDataToJson } from './record-data.ts';
import { Variables } from './variables.ts';

const NO_ORDERS: Orders = { ordered: [], unordered: [] };

function variables(values: Readonly<Record<string, Json>> = {}): Variables {
  const made = new Variables();
  for (const [name, value] of Object.entries(values)) made.set(name, value);
  return made;
}

function differences(expected: Json, actual: Json, orders = NO_ORDERS): number {
  return differencesBetween(expected, actual, variables({ run: 'abcdefgh', now: 1000 }), orders).length;
}

test('plain values and matchers', () => {
  const uuid = 'r1uGZp1dHPw_LXF3bUxMrw';
  const good: [Json, Json][] = [
    ['<any>', { a: 1 }],
    ['<int>', -5],
    ['<timestamp>', 1_700_000_000_000],
    ['<uuid>', uuid],
    ['<string> what Kafka said', 'what we say'],
    ['${run}-t', 'abcdefgh-t'],
    ['${now+5}', 1005],
    ['${hex:run}', '6162636465666768'],
    [2 ** 63, Number.MAX_SAFE_INTEGER],
    [null, null],
  ];
  for (const [expected, actual] of good) assert.equal(differences(expected, actual), 0, JSON.stringify(expected));
  const bad: [Json, Json][] = [
    ['<int>', '5'],
    ['<int>', 1.5],
    ['<timestamp>', 5],
    ['<uuid>', 'AAAAAAAAAAAAAAAAAAAAAA'],
    ['<string>', null],
    [null, ''],
    [0, false],
    [1, 2],
    ['a', 'b'],
    [{}, []],
    [[], {}],
  ];
  for (const [expected, actual] of bad) assert.equal(differences(expected, actual), 1, JSON.stringify(expected));
});

test('a field too many and a field too few are differences', () => {
  assert.equal(differences({ a: 1 }, { a: 1, b: 2 }), 1);
  assert.equal(differences({ a: 1, b: 2 }, { a: 1 }), 1);
  assert.equal(differences([1, 2], [1, 2, 3]), 1);
});

test('arrays of objects match in any order and plain ones in theirs, unless a path says otherwise', () => {
  const objects = [{ id: 1 }, { id: 2 }];
  assert.equal(differences({ x: objects }, { x: [...objects].reverse() }), 0);
  assert.notEqual(differences({ x: objects }, { x: [...objects].reverse() }, { ordered: ['/x'], unordered: [] }), 0);
  assert.notEqual(differences({ records: objects }, { records: [...objects].reverse() }), 0);
  assert.notEqual(differences({ x: [1, 2] }, { x: [2, 1] }), 0);
  assert.equal(differences({ x: [1, 2] }, { x: [2, 1] }, { ordered: [], unordered: ['/*'] }), 0);
  assert.notEqual(differences([{ id: 1 }, { id: 1 }], [{ id: 1 }, { id: 2 }]), 0);
});

test('pointers find by index, by field and by wildcard', () => {
  const json: Json = {
    topics: [
      { name: 'a', ids: [1, 2] },
      { name: 'b', ids: [3] },
    ],
  };
  assert.equal(valueAt(json, '/topics/name=b/ids/0'), 3);
  assert.equal(valueAt(json, '/topics/5/ids'), undefined);
  assert.deepEqual(
    filteredAt(json, '/topics/*/ids', (id) => id !== 2),
    {
      topics: [
        { name: 'a', ids: [1] },
        { name: 'b', ids: [3] },
      ],
    },
  );
  assert.deepEqual(withValueAt(json, '/topics/1', undefined), { topics: [{ name: 'a', ids: [1, 2] }] });
  assert.deepEqual(valueAt(withValueAt(json, '/topics/0/ids/1', 9), '/topics/0/ids'), [1, 9]);
  assert.throws(() => withValueAt(json, '/topics/2/name', 'c'));
});

test('a wrong answer, a missing one and an unwanted one are problems', () => {
  const answer = { kind: 'answer', json: { errorCode: 3 }, ms: 20 } as const;
  assert.equal(judge({ response: { errorCode: 3 } }, answer, variables()).problems.length, 0);
  assert.equal(judge({ response: { errorCode: 0 } }, answer, variables()).problems.length, 1);
  assert.equal(judge({ response: { errorCode: 3 }, minMs: 50 }, answer, variables()).problems.length, 1);
  assert.equal(judge({ response: { errorCode: 3 }, maxMs: 10 }, answer, variables()).problems.length, 1);
  assert.equal(judge({ response: { errorCode: 3 } }, { kind: 'nothing' }, variables()).fatal, true);
  assert.equal(judge({ expectDisconnect: true }, answer, variables()).problems.length, 1);
  assert.equal(judge({ expectDisconnect: true }, { kind: 'ended', reason: undefined }, variables()).problems.length, 0);
  assert.equal(judge({}, answer, variables()).problems.length, 1);
});

test('a request can be made wrong in every way that the words allow', () => {
  const step = { api: 'ApiVersions', version: 3, request: { clientSoftwareName: 'x', clientSoftwareVersion: '1' } };
  const right = Buffer.from(requestFrame(step, 7));
  assert.equal(right.readInt32BE(0), right.length - 4);
  assert.equal(right.readInt32BE(8), 7);
  assert.equal(Buffer.from(requestFrame({ ...step, apiKey: 99 }, 7)).readInt16BE(4), 99);
  assert.equal(Buffer.from(requestFrame({ ...step, lengthDelta: 5 }, 7)).readInt32BE(0), right.length + 1);
  assert.equal(requestFrame({ ...step, truncate: 2 }, 7).length, right.length - 2);
  assert.equal(requestFrame({ ...step, appendHex: 'ffff' }, 7).length, right.length + 2);
  assert.throws(() => requestFrame({ ...step, request: { nonsense: 1 } }, 7), /nonsense/);
});

test('bytes after a response are noticed', () => {
  const step = { api: 'Heartbeat', version: 0 };
  assert.deepEqual(responseJson(step, Buffer.from('000000070019', 'hex')), { errorCode: 25 });
  assert.throws(() => responseJson(step, Buffer.from('00000007001900', 'hex')), /follow/);
});

test('record data comes back as it was described', () => {
  const json: Json = {
    $batch: {
      compression: 'lz4',
      records: [{ timestamp: 5, key: 'k', value: { $repeat: 200 }, headers: [['h', null]] }],
    },
  };
  const [batch] = recordDataToJson(recordDataFromJson(json)) as Json[];
  assert.deepEqual(valueAt(batch ?? null, '/records'), [
    { offset: 0, timestamp: 5, key: 'k', value: { $repeat: 200 }, headers: [['h', null]] },
  ]);
  assert.equal(valueAt(batch ?? null, '/compression'), 'lz4');
});

test('an answer out of order and silence are problems', async () => {
  const inOrder = '000000060000000100000000000600000002'.concat('0000');
  const replies = { 'in order': [inOrder, 0], swapped: ['00000006000000020000', 1], silent: ['', 1] } as const;
  for (const [name, [hex, problems]] of Object.entries(replies)) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(Buffer.from(hex, 'hex')));
    });
    try {
      const address = await listen(server);
      const heartbeat = { api: 'Heartbeat', version: 0, request: {}, response: { errorCode: 0 }, timeoutMs: 200 };
      const steps = [{ ...heartbeat, async: true, id: 'a' }, heartbeat, { await: 'a', response: { errorCode: 0 } }];
      const played = await play({ name, about: '', steps }, { addressOf: () => address, restart: undefined });
      assert.equal(played.problems.length, problems, name);
    } finally {
      server.close();
    }
  }
});

test('groups that a scenario wants apart never share a partition of their coordinator', async () => {
  const target = { addressOf: () => ({ host: '127.0.0.1', port: 1 }), restart: undefined };
  const apart = ['${run}-g1', '${run}-other'];
  for (let count = 0; count < 1_000; count += 1) {
    const { variables } = await play({ name: '', about: '', apart, steps: [] }, target);
    const partitions = apart.map((id) => coordinatorPartition(String(variables.fillText(id)), 50));
    assert.notEqual(partitions[0], partitions[1]);
  }
});

async function listen(server: Server): Promise<{ host: string; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { host: address.address, port: address.port };
}
