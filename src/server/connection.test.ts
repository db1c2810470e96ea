/** Fails when invariants I12 and I14 do not hold. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Env, NetworkListener } from '../base/env.ts';
import { limits } from '../base/limits.ts';
import { ReadBuffers } from '../base/read-buffers.ts';
import type { Broker } from '../broker/broker.ts';
import { nodeTimers } from '../platform/node-clock.ts';
import { nodeNetwork } from '../platform/node-network.ts';
import { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import { FrameAllocator } from './frame-allocator.ts';
import { LoopbackClient } from './loopback-client.ts';
import { RequestMemory } from './request-memory.ts';

const FRAME_BYTES_MAX = 50_000_000;
const MEMORY_BYTES_MAX = 16_000_000;

/**
 * Real sockets, and in place of the dispatcher one that does as the first byte of a frame says: e(cho at once), p(ark), a(dmit the next, then
 * park), l(arge answer of 100 KB), r(ead from a file: a borrowed megabyte full of the second byte), n(o answer), d(isconnect), D(isconnect later).
 */
let listener: NetworkListener;
let memory: RequestMemory;
let begun: string[];
let parked: Map<string, Exchange>;
let offences: string[];
let open: Set<Connection>;

function answerTo(text: string): readonly Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length);
  return [length, Buffer.from(text)];
}

const large = [Buffer.from([0, 1, 0x86, 0xa0]), Buffer.alloc(100_000, 'l')];

const readBuffers = new ReadBuffers();
const borrowed = new Set<ArrayBufferLike>();

function readAnswer(content: number): readonly Uint8Array[] {
  const read = readBuffers.borrow(1_000_000).fill(content);
  borrowed.add(read.buffer);
  const length = Buffer.alloc(4);
  length.writeInt32BE(read.length);
  return [length, read];
}

function dispatch(frame: Uint8Array, exchange: Exchange): void {
  const text = Buffer.from(frame.subarray(0, 20)).toString();
  begun.push(text);
  if (text[0] === 'e') exchange.answer(answerTo(text));
  else if (text[0] === 'l') exchange.answer(large);
  else if (text[0] === 'r') exchange.answer(readAnswer(frame[1] ?? 0));
  else if (text[0] === 'n') exchange.answer(undefined);
  else if (text[0] === 'd') exchange.disconnect();
  else parked.set(text, exchange);
  if (text[0] === 'a') exchange.admitNext();
}

/** Resolves as soon as `condition` holds, asked once per turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve));
}

function exchange(text: string): Exchange {
  const found = parked.get(text);
  assert.ok(found, `no request ${text} is parked`);
  return found;
}

async function client(): Promise<LoopbackClient> {
  const made = await LoopbackClient.connect(listener.port);
  clients.push(made);
  return made;
}
const clients: LoopbackClient[] = [];

before(async () => {
  let index = 0;
  // Nothing else is used by a connection.
  const env = { timers: nodeTimers, readBuffers } as unknown as Env;
  listener = await nodeNetwork.listen(
    { host: '127.0.0.1', port: 0, backlog: 511, keepsProcessAlive: true },
    {
      onSocket: (socket) => {
        index += 1;
        const connection = new Connection({
          socket,
          index,
          listenerName: 'PLAINTEXT',
          advertised: undefined,
          services: {
            // A connection only hands it to the dispatcher, and the one above looks at no broker.
            broker: {} as unknown as Broker,
            env,
            allocator: new FrameAllocator(),
            memory,
            frameBytesMax: FRAME_BYTES_MAX,
            dispatch,
            onOffence: (_, offence) => offences.push(offence),
            onClosed: (closed) => open.delete(closed),
          },
        });
        open.add(connection);
        connection.start();
      },
      onAcceptFault: (fault) => {
        throw fault;
      },
    },
  );
});

beforeEach(async () => {
  for (const made of clients.splice(0)) {
    made.destroy();
    await made.closed;
  }
  memory = new RequestMemory(MEMORY_BYTES_MAX);
  begun = [];
  parked = new Map();
  offences = [];
  open = new Set();
});

after(async () => {
  for (const made of clients) made.destroy();
  await listener.close();
});

describe('Connection', () => {
  it('answers requests in order, however they end', async () => {
    const c = await client();
    for (const text of ['a1', 'e2', 'a3', 'n4', 'e5']) c.sendFrame(Buffer.from(text));
    await until(() => begun.length === 5);
    exchange('a3').answer(answerTo('a3'));
    exchange('a1').answer(answerTo('a1'));
    for (const text of ['a1', 'e2', 'a3', 'e5']) assert.equal((await c.nextFrame()).toString(), text);
  });

  it('reuses the memory of reads only when the socket is done with it', async () => {
    const all = [await client(), await client(), await client()];
    const contents = Array.from({ length: 40 }, (_, index) => index + 1);
    for (const content of contents) for (const c of all) c.sendFrame(Buffer.from(['r'.charCodeAt(0), content]));
    for (const content of contents) {
      for (const c of all) {
        const answer = await c.nextFrame();
        assert.ok(answer.equals(Buffer.alloc(1_000_000, content)));
      }
    }
    assert.ok(borrowed.size < all.length * contents.length);
  });

  it('begins the next request only after an answer or an admission', async () => {
    const c = await client();
    for (const text of ['p1', 'a2', 'e3']) c.sendFrame(Buffer.from(text));
    const other = await client();
    other.sendFrame(Buffer.from('e9'));
    await other.nextFrame();
    assert.deepEqual(begun.toSorted(), ['e9', 'p1']);
    exchange('p1').answer(answerTo('p1'));
    await until(() => begun.includes('e3'));
    exchange('a2').answer(answerTo('a2'));
    for (const text of ['p1', 'a2', 'e3']) assert.equal((await c.nextFrame()).toString(), text);
  });

  it('takes a request in any number of pieces', async () => {
    const c = await client();
    const bytes = Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from('e123'), Buffer.from([0, 0])]);
    for (const byte of bytes) c.send(Buffer.from([byte]));
    assert.equal((await c.nextFrame()).toString(), 'e123');
    c.send(Buffer.from([0, 2, 0x65, 0x39]));
    assert.equal((await c.nextFrame()).toString(), 'e9');
  });

  it('closes in place of an answer, after the answers before it and without beginning what follows', async () => {
    const c = await client();
    for (const text of ['a1', 'd2', 'e3']) c.sendFrame(Buffer.from(text));
    await until(() => begun.length === 2);
    exchange('a1').answer(answerTo('a1'));
    assert.equal((await c.nextFrame()).toString(), 'a1');
    await c.closed;
    assert.deepEqual(begun, ['a1', 'd2']);
  });

  it('closes on a length that cannot be, once everything before it is answered, and reports it once', async () => {
    const c = await client();
    c.sendFrame(Buffer.from('p1'));
    c.sendFrame(Buffer.from('e2'));
    c.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await until(() => offences.length > 0);
    exchange('p1').answer(answerTo('p1'));
    assert.equal((await c.nextFrame()).toString(), 'p1');
    assert.equal((await c.nextFrame()).toString(), 'e2');
    await c.closed;
    assert.deepEqual(offences, ['length above socket.request.max.bytes']);
  });

  it('stops beginning requests while the client does not read its answers', async () => {
    const c = await client();
    c.stopReading();
    const asked = 1_000;
    for (let i = 0; i < asked; i += 1) c.sendFrame(Buffer.from(`l${i}`));
    // What the operating system holds of it (a few MB) differs between machines; the broker holds no more than its own bound.
    await until(() => begun.length > 10);
    const other = await client();
    let settled = -1;
    while (settled !== begun.length) {
      settled = begun.length;
      for (let i = 0; i < 20; i += 1) {
        other.sendFrame(Buffer.from('e'));
        await other.nextFrame();
      }
      settled += 20;
    }
    assert.ok(begun.length < 20_000_000 / 100_000 + 1_000, 'requests are not begun without limit');
    c.readAgain();
    for (let i = 0; i < asked; i += 1) assert.equal((await c.nextFrame()).length, 100_000);
  });

  it('holds a bounded number of bytes of a client whose requests are not answered', async () => {
    const c = await client();
    const request = Buffer.alloc(1_000_000, 'p');
    for (let i = 0; i < 60; i += 1) c.sendFrame(request);
    await until(() => memory.bytes >= limits.connectionRequestBytes);
    const other = await client();
    for (let i = 0; i < 50; i += 1) {
      other.sendFrame(Buffer.from('e'));
      await other.nextFrame();
    }
    assert.ok(memory.bytes <= limits.connectionRequestBytes + 2_000_000, `${memory.bytes} bytes are held`);
    assert.ok(c.bufferedBytes > 30_000_000, 'the rest stays with the client');
    c.destroy();
    // Nothing is read of a connection at its bound, so that the client is gone shows when it is answered.
    await until(() => {
      for (const waiting of parked.values()) waiting.answer(answerTo('ok'));
      return open.size === 1 && memory.bytes === 0;
    });
  });

  it('stops reading from all clients when they hold too much together, and goes on afterwards', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => client()));
    for (const [index, c] of many.entries()) {
      for (let i = 0; i < 3; i += 1) c.sendFrame(Buffer.alloc(3_000_000, `p${index}-${i} `));
    }
    await until(() => memory.isExceeded && memory.hasWaiters);
    assert.ok(memory.bytes < MEMORY_BYTES_MAX + many.length * 4_000_000);
    let answered = 0;
    while (answered < many.length * 3) {
      await until(() => parked.size > 0);
      for (const [text, waiting] of parked) {
        parked.delete(text);
        waiting.answer(answerTo('ok'));
        answered += 1;
      }
    }
    for (const c of many) for (let i = 0; i < 3; i += 1) assert.equal((await c.nextFrame()).toString(), 'ok');
    assert.equal(memory.bytes, 0);
  });

  it('lets a request finish when only half-received ones hold the memory', async () => {
    const many = await Promise.all(Array.from({ length: 6 }, () => client()));
    const length = Buffer.alloc(4);
    length.writeInt32BE(40_000_000);
    const most = Buffer.alloc(39_999_999, 'e');
    for (const c of many) {
      c.send(length);
      c.send(most);
    }
    await until(() => memory.isExceeded && memory.hasWaiters);
    for (const c of many) c.send(Buffer.from('e'));
    for (const c of many) assert.equal((await c.nextFrame()).toString(), 'e'.repeat(20));
    assert.equal(memory.bytes, 0);
  });

  it('closes a connection that was quiet for too long, but not one whose request is being handled', async () => {
    const quiet = await client();
    const waiting = await client();
    const half = await client();
    half.send(Buffer.from([0, 0]));
    waiting.sendFrame(Buffer.from('p1'));
    await until(() => begun.length === 1 && open.size === 3);
    for (let i = 0; i < 3; i += 1) for (const connection of open) connection.sweep({ idleSweeps: 2, stallSweeps: 9 });
    await Promise.all([quiet.closed, half.closed]);
    exchange('p1').answer(answerTo('p1'));
    assert.equal((await waiting.nextFrame()).toString(), 'p1');
  });

  it('ends after the answers that are under way, and tells parked requests to end', async () => {
    const c = await client();
    for (const text of ['a1', 'p2', 'e3']) c.sendFrame(Buffer.from(text));
    await until(() => begun.length === 2);
    const parkedRequest = exchange('p2');
    parkedRequest.connection.signal.addEventListener('abort', () => parkedRequest.answer(answerTo('ended')));
    for (const connection of open) connection.endAfterAnswers();
    exchange('a1').answer(answerTo('a1'));
    assert.equal((await c.nextFrame()).toString(), 'a1');
    assert.equal((await c.nextFrame()).toString(), 'ended');
    await c.closed;
    assert.deepEqual(begun, ['a1', 'p2']);
  });

  it('tells handlers when the client has gone, and ignores their answers', async () => {
    const c = await client();
    c.sendFrame(Buffer.from('p1'));
    await until(() => begun.length === 1);
    const left = exchange('p1');
    c.destroy();
    await until(() => left.connection.signal.aborted);
    left.answer(answerTo('p1'));
    left.answer(answerTo('p1'));
    assert.equal(memory.bytes, 0);
  });

  it('carries out what arrived whole before the client closed', async () => {
    const c = await client();
    c.sendFrame(Buffer.from('p1'));
    for (const text of ['n2', 'n3', 'p4', 'n5']) c.sendFrame(Buffer.from(text));
    await until(() => parked.has('p1'));
    c.destroy();
    const left = exchange('p1');
    await until(() => left.connection.signal.aborted);
    assert.deepEqual(begun, ['p1']);
    left.answer(answerTo('p1'));
    assert.deepEqual(begun, ['p1', 'n2', 'n3', 'p4']);
    exchange('p4').answer(undefined);
    assert.deepEqual(begun, ['p1', 'n2', 'n3', 'p4', 'n5']);
    assert.equal(memory.bytes, 0);
  });

  it('survives random bytes', async () => {
    let seed = 42;
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    for (let round = 0; round < 60; round += 1) {
      const c = await client();
      const noise = Uint8Array.from({ length: 1 + Math.floor(random() * 5_000) }, () => Math.floor(random() * 256));
      // Every other round begins with a length that may be one.
      if (round % 2 === 0) noise.set([0, 0, Math.floor(random() * 2)]);
      c.send(noise);
      if (round % 3 === 0) c.destroy();
    }
    const c = await client();
    c.sendFrame(Buffer.from('e1'));
    assert.equal((await c.nextFrame()).toString(), 'e1');
  });
});
