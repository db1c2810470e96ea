import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Env, Logger } from '../base/env.ts';
import { NetworkFault } from '../base/faults.ts';
import { ReadBuffers } from '../base/read-buffers.ts';
import type { Broker } from '../broker/broker.ts';
import { BrokerConfig, ConfigError } from '../config/broker-config.ts';
import { nodeClock, nodeTimers } from '../platform/node-clock.ts';
import { nodeNetwork } from '../platform/node-network.ts';
import { codecOf, decode } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { ApiVersions } from '../protocol/messages/api-versions.ts';
import { Heartbeat } from '../protocol/messages/heartbeat.ts';
import { Metadata } from '../protocol/messages/metadata.ts';
import type { Api, Input } from '../protocol/schema.ts';
import { Writer } from '../protocol/writer.ts';
import type { Interceptor } from './dispatch.ts';
import { type Handler, handler } from './handler.ts';
import { apiVersions } from './handlers/api-versions.ts';
import { LoopbackClient } from './loopback-client.ts';
import { Server } from './server.ts';

interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

const servers: Server[] = [];
const clients: LoopbackClient[] = [];
let lines: LogLine[] = [];

const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => lines.push({ level: 'warn', fields, message }),
  error: (fields, message) => lines.push({ level: 'error', fields, message }),
  child: () => logger,
};

async function serve(
  options: { settings?: Record<string, string>; handlers?: readonly Handler[]; interceptor?: Interceptor } = {},
): Promise<Server> {
  lines = [];
  const config = new BrokerConfig({ flag: { listeners: 'PLAINTEXT://127.0.0.1:0', ...options.settings } });
  // The server uses these parts of the world and no others.
  const env = {
    clock: nodeClock,
    timers: nodeTimers,
    network: nodeNetwork,
    logger,
    readBuffers: new ReadBuffers(),
  } as unknown as Env;
  const others = options.handlers ?? [];
  const server = await Server.start({
    // ApiVersions asks the broker for its position, the server for its world and settings, and the handlers of these tests for nothing: looked up in their sources.
    broker: { env, config, metadata: { position: 1 } } as unknown as Broker,
    handlers: [...others, apiVersions(others, [])],
    keepsProcessAlive: true,
    interceptor: options.interceptor,
  });
  servers.push(server);
  return server;
}

async function client(server: Server): Promise<LoopbackClient> {
  const made = await LoopbackClient.connect(server.addresses[0]?.port ?? 0);
  clients.push(made);
  return made;
}

function request<A extends Api>(
  api: A,
  version: number,
  body: Input<A['request']['shape']>,
  options: { apiKey?: number; bodyVersion?: number; correlationId?: number } = {},
): Uint8Array {
  const writer = new Writer();
  writer.int16(options.apiKey ?? api.key);
  writer.int16(version);
  writer.int32(options.correlationId ?? 7);
  writer.string('test');
  if (version >= api.flexibleFrom) writer.uvarint(0);
  codecOf(api.request, options.bodyVersion ?? version).write(writer, body);
  return Buffer.concat(writer.finish().parts);
}

function bodyOf(frame: Buffer, headerBytes = 4): Uint8Array {
  assert.equal(frame.readInt32BE(0), 7, 'the correlation id is that of the request');
  return frame.subarray(headerBytes);
}

afterEach(async () => {
  for (const made of clients.splice(0)) made.destroy();
  for (const server of servers.splice(0)) await server.stop();
});

const heartbeat = handler(Heartbeat, (asked) => ({ errorCode: asked.generationId }));

describe('Server', () => {
  it('lists what it serves in every version of ApiVersions, and Produce from 0 on', async () => {
    const server = await serve({ handlers: [heartbeat] });
    const c = await client(server);
    for (let version = 0; version <= 4; version += 1) {
      c.sendFrame(request(ApiVersions, version, { clientSoftwareName: 'a', clientSoftwareVersion: '1' }));
      const answer = decode(ApiVersions.response, version, bodyOf(await c.nextFrame()));
      assert.equal(answer.errorCode, ErrorCode.NONE);
      assert.deepEqual(answer.apiKeys, [
        { apiKey: 12, minVersion: 0, maxVersion: 4 },
        { apiKey: 18, minVersion: 0, maxVersion: 4 },
      ]);
    }
  });

  it('answers an unknown version of ApiVersions in the layout of version 0', async () => {
    const server = await serve();
    const c = await client(server);
    for (const version of [5, 99, -1]) {
      const body = { clientSoftwareName: 'a', clientSoftwareVersion: '1' };
      c.sendFrame(request(ApiVersions, version, body, { bodyVersion: version < 0 ? 0 : 4 }));
      assert.equal(
        (await c.nextFrame()).toString('hex'),
        '0000000700230000000100120000000' + '4',
        'these are the bytes of Apache Kafka',
      );
    }
  });

  it('refuses a software name that is none, and goes on', async () => {
    const server = await serve();
    const c = await client(server);
    for (const [name, version, errorCode] of [
      ['apache-kafka-java', '4.3.1', ErrorCode.NONE],
      ['-a', '1', ErrorCode.INVALID_REQUEST],
      ['a', '', ErrorCode.INVALID_REQUEST],
      ['a_b', '1', ErrorCode.INVALID_REQUEST],
    ] as const) {
      c.sendFrame(request(ApiVersions, 3, { clientSoftwareName: name, clientSoftwareVersion: version }));
      assert.equal(decode(ApiVersions.response, 3, bodyOf(await c.nextFrame())).errorCode, errorCode);
    }
  });

  it('closes the connection for an API or a version that is not served, and for bytes that are no request', async () => {
    const server = await serve({ handlers: [heartbeat] });
    const wrong: readonly [string, Uint8Array][] = [
      ['unknown key', request(ApiVersions, 0, {}, { apiKey: 999 })],
      ['negative key', request(ApiVersions, 0, {}, { apiKey: -1 })],
      ['known API without a handler', request(Metadata, 1, { topics: [] })],
      ['version too new', request(Heartbeat, 5, {}, { bodyVersion: 4 })],
      ['negative version', request(Heartbeat, -1, {}, { bodyVersion: 0 })],
      ['truncated body', request(Heartbeat, 4, {}).subarray(0, -1)],
      ['empty frame', new Uint8Array(0)],
      ['half a header', Buffer.from('00120000', 'hex')],
    ];
    for (const [name, bytes] of wrong) {
      const c = await client(server);
      c.sendFrame(request(ApiVersions, 0, {}));
      c.sendFrame(bytes);
      c.sendFrame(request(ApiVersions, 0, {}));
      await c.nextFrame();
      await c.closed;
      await assert.rejects(c.nextFrame(), /closed/, name);
    }
    assert.equal(lines.filter(({ message }) => message === 'a client was disconnected').length, wrong.length);
  });

  it('ignores bytes after a body and tagged fields that it does not know', async () => {
    const server = await serve({ handlers: [heartbeat] });
    const c = await client(server);
    c.sendFrame(Buffer.concat([request(Heartbeat, 0, { generationId: 5 }), Buffer.from('deadbeef', 'hex')]));
    assert.equal(decode(Heartbeat.response, 0, bodyOf(await c.nextFrame())).errorCode, 5);
    // Tag 100 in the header, tags 100 and 1998 in the body.
    c.sendFrame(Buffer.from('0012000300000007ffff016402abcd026102310' + '2' + '6402abcdce0f01ff', 'hex'));
    assert.equal(decode(ApiVersions.response, 3, bodyOf(await c.nextFrame())).errorCode, ErrorCode.NONE);
  });

  it('answers UNKNOWN_SERVER_ERROR when a handler fails and its answer has an error code, and closes otherwise', async () => {
    const failing = [
      handler(Heartbeat, () => {
        throw new Error('a bug');
      }),
      handler(Metadata, () => Promise.reject(new Error('another bug'))),
    ];
    const server = await serve({ handlers: failing });
    const c = await client(server);
    c.sendFrame(request(Heartbeat, 4, {}));
    const answer = decode(Heartbeat.response, 4, bodyOf(await c.nextFrame(), 5));
    assert.equal(answer.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
    c.sendFrame(request(Metadata, 12, { topics: [] }));
    await c.closed;
    assert.equal(lines.filter(({ level }) => level === 'error').length, 2);
  });

  it('closes with an error log when a handler answers what cannot be written', async () => {
    const wrong = handler(Metadata, () => ({ clusterId: 'x'.repeat(40_000) }));
    const server = await serve({ handlers: [wrong] });
    const c = await client(server);
    c.sendFrame(request(Metadata, 9, { topics: [] }));
    await c.closed;
    assert.equal(lines.filter(({ level }) => level === 'error').length, 1);
  });

  it('lets an interceptor answer, fail and wait in place of a handler', async () => {
    let calls = 0;
    const interceptor: Interceptor = async ({ api, context, proceed }) => {
      if (api.name !== 'Heartbeat') return proceed();
      calls += 1;
      if (calls === 1) return { errorCode: ErrorCode.REBALANCE_IN_PROGRESS };
      if (calls === 3) return context.disconnect();
      await new Promise<void>((resolve) => setImmediate(resolve));
      return proceed();
    };
    const server = await serve({ handlers: [heartbeat], interceptor });
    const c = await client(server);
    for (const expected of [ErrorCode.REBALANCE_IN_PROGRESS, 5]) {
      c.sendFrame(request(Heartbeat, 0, { generationId: 5 }));
      assert.equal(decode(Heartbeat.response, 0, bodyOf(await c.nextFrame())).errorCode, expected);
    }
    c.sendFrame(request(Heartbeat, 0, { generationId: 5 }));
    await c.closed;
  });

  it('tells handlers the advertised address, or the one that the client came by', async () => {
    const addresses: string[] = [];
    const told = handler(Heartbeat, (_, { connection }) => {
      addresses.push(`${connection.listenerName} ${connection.advertisedHost}:${connection.advertisedPort}`);
      return {};
    });
    const server = await serve({
      handlers: [told],
      settings: {
        listeners: 'PLAINTEXT://127.0.0.1:0,OUTSIDE://127.0.0.1:0,THIRD://127.0.0.1:0',
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT,THIRD:PLAINTEXT',
        'advertised.listeners': 'OUTSIDE://broker.example:19092,THIRD://other.example:0',
      },
    });
    for (const { port } of server.addresses) {
      const c = await LoopbackClient.connect(port);
      clients.push(c);
      c.sendFrame(request(Heartbeat, 0, {}));
      await c.nextFrame();
    }
    assert.deepEqual(addresses, [
      `PLAINTEXT 127.0.0.1:${server.addresses[0]?.port}`,
      'OUTSIDE broker.example:19092',
      `THIRD other.example:${server.addresses[2]?.port}`,
    ]);
  });

  it('closes the connection that is one too many for an address', async () => {
    const server = await serve({ settings: { 'max.connections.per.ip': '2' } });
    const [first] = [await client(server), await client(server)];
    const refused = await client(server);
    await refused.closed;
    first?.destroy();
    await first?.closed;
    let c = await client(server);
    // The broker sees the end of the first connection a moment after the client does.
    while (!(await answers(c))) c = await client(server);
    assert.ok(lines.some(({ fields }) => 'setting' in fields && fields.setting === 'max.connections.per.ip'));
  });

  it('lets an override raise the bound for one address', async () => {
    const settings = { 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': '127.0.0.1:1' };
    const server = await serve({ settings });
    assert.ok(await answers(await client(server)));
    assert.ok(!(await answers(await client(server))));
  });

  it('survives a flood of connections, and logs a few lines', async () => {
    const server = await serve({ settings: { 'max.connections': '20' } });
    const flood = await Promise.all(Array.from({ length: 400 }, () => client(server)));
    const alive = await Promise.all(flood.map(answers));
    assert.equal(alive.filter(Boolean).length, 20);
    assert.ok(lines.length <= 20, `${lines.length} lines`);
  });

  it('closes idle connections', async () => {
    const server = await serve({ settings: { 'connections.max.idle.ms': '60' } });
    const idle = await client(server);
    const half = await client(server);
    half.send(Buffer.from([0, 0]));
    await Promise.all([idle.closed, half.closed]);
    assert.ok(await answers(await client(server)));
  });

  it('names a busy port', async () => {
    const server = await serve();
    await assert.rejects(
      serve({ settings: { listeners: `PLAINTEXT://127.0.0.1:${server.addresses[0]?.port}` } }),
      (error) => error instanceof NetworkFault && error.kind === 'address-in-use',
    );
  });

  it('refuses listeners that it cannot serve, naming the setting', async () => {
    for (const [settings, pattern] of [
      [{ listeners: 'SSL://127.0.0.1:0' }, /only PLAINTEXT/],
      [{ listeners: 'INSIDE://127.0.0.1:0' }, /no security protocol/],
      [{ listeners: 'PLAINTEXT://127.0.0.1' }, /NAME:\/\/HOST:PORT/],
      [{ listeners: 'PLAINTEXT://127.0.0.1:0,PLAINTEXT://127.0.0.2:0' }, /appears twice/],
      [{ 'advertised.listeners': 'OUTSIDE://a:1' }, /no listener OUTSIDE/],
      [{ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:1' }, /no client can connect/],
    ] as const) {
      await assert.rejects(serve({ settings }), (error) => error instanceof ConfigError && pattern.test(error.message));
    }
  });

  it('passes over the listeners of a controller', async () => {
    const settings = {
      listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
      'controller.listener.names': 'CONTROLLER',
    };
    const server = await serve({ settings });
    assert.deepEqual(
      server.addresses.map(({ listenerName }) => listenerName),
      ['PLAINTEXT'],
    );
  });

  it('stops at once although clients are connected and a request is parked, and frees the port', async () => {
    const parked = handler(Heartbeat, (_, { connection }) => {
      const { promise, resolve } = Promise.withResolvers<object>();
      connection.signal.addEventListener('abort', () => resolve({ errorCode: 3 }));
      return promise;
    });
    const server = await serve({ handlers: [parked] });
    const c = await client(server);
    c.sendFrame(request(Heartbeat, 0, {}));
    await answers(await client(server));
    const answer = c.nextFrame();
    await server.stop();
    assert.equal(decode(Heartbeat.response, 0, bodyOf(await answer)).errorCode, 3);
    assert.equal(server.connectionCount, 0);
    await serve({ settings: { listeners: `PLAINTEXT://127.0.0.1:${server.addresses[0]?.port}` } });
  });
});

describe('a stop', () => {
  it('does not wait for a request that waits for another client, but for one that is in the log', async () => {
    const unanswered = Promise.withResolvers<object>();
    const durable = Promise.withResolvers<object>();
    const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const waiting = handler(Heartbeat, (asked, context) => {
      begun[asked.generationId - 1]?.resolve();
      if (asked.generationId === 1) return unanswered.promise;
      context.admitNext();
      return durable.promise;
    });
    const server = await serve({ handlers: [waiting] });
    const [parked, appended] = [await client(server), await client(server)];
    parked.sendFrame(request(Heartbeat, 0, { generationId: 1 }));
    appended.sendFrame(request(Heartbeat, 0, { generationId: 2 }));
    appended.sendFrame(request(ApiVersions, 0, {}));
    await Promise.all(begun.map(({ promise }) => promise));
    const answer = appended.nextFrame();
    const stopped = server.stop();
    await parked.closed;
    durable.resolve({ errorCode: 9 });
    assert.equal(decode(Heartbeat.response, 0, bodyOf(await answer)).errorCode, 9);
    await stopped;
  });
});

/** Whether the broker answers on this connection. */
async function answers(c: LoopbackClient): Promise<boolean> {
  c.sendFrame(request(ApiVersions, 0, {}));
  return c.nextFrame().then(
    () => true,
    () => false,
  );
}
