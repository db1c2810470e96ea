import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ListenHandlers, NetworkListener, Socket, SocketHandlers } from '../base/env.ts';
import { LoopbackClient } from '../server/loopback-client.ts';
import { nodeNetwork } from './node-network.ts';

const listeners: NetworkListener[] = [];
const clients: LoopbackClient[] = [];

async function listen(onSocket: ListenHandlers['onSocket'], host = '127.0.0.1'): Promise<NetworkListener> {
  const listener = await nodeNetwork.listen(
    { host, port: 0, backlog: 511, keepsProcessAlive: true },
    { onSocket, onAcceptFault: (fault) => assert.fail(fault) },
  );
  listeners.push(listener);
  return listener;
}

async function connect(listener: NetworkListener): Promise<LoopbackClient> {
  const client = await LoopbackClient.connect(listener.port);
  clients.push(client);
  return client;
}

const ignoring: SocketHandlers = {
  target: () => new Uint8Array(1024),
  onBytes: () => {},
  onDrain: () => {},
  onClose: () => {},
};

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const listener of listeners.splice(0)) await listener.close();
});

describe('nodeNetwork', () => {
  it("reads land in the reader's memory, as many bytes as it has room for", async () => {
    const rooms: Uint8Array[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    let received = '';
    let targetsAsked = 0;
    const listener = await listen((socket) =>
      socket.start({
        ...ignoring,
        target: () => {
          targetsAsked += 1;
          const room = new Uint8Array(3);
          rooms.push(room);
          return room;
        },
        onBytes: (count) => {
          received += Buffer.from(rooms.at(-1)?.subarray(0, count) ?? []).toString();
          if (received.length === 10) resolve();
        },
      }),
    );
    (await connect(listener)).send(Buffer.from('abcdefghij'));
    await done;
    assert.equal(received, 'abcdefghij');
    // With `data` events the first target would be asked for only when bytes have come.
    assert.ok(targetsAsked >= 4);
  });

  it('asks for a target before bytes come, so that they need not be copied', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const listener = await listen((socket) =>
      socket.start({
        ...ignoring,
        target: () => {
          resolve();
          return new Uint8Array(1024);
        },
      }),
    );
    await connect(listener);
    await asked;
  });

  it('writes parts in order and tells when they have left', async () => {
    const parts = Array.from({ length: 50 }, (_, index) => Buffer.alloc(100_000, index));
    const length = Buffer.alloc(4);
    length.writeInt32BE(parts.length * 100_000);
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    const listener = await listen((socket) => {
      socket.start({ ...ignoring, onDrain: resolve });
      assert.equal(socket.write([length, ...parts]), false);
      assert.ok(socket.pendingBytes > 0);
    });
    const frame = await (await connect(listener)).nextFrame();
    assert.ok(frame.equals(Buffer.concat(parts)));
    await drained;
  });

  it('reads nothing while paused', async () => {
    const reads: number[] = [];
    const sockets: Socket[] = [];
    let wake = () => {};
    const listener = await listen((socket) => {
      sockets.push(socket);
      socket.start({
        ...ignoring,
        onBytes: (count) => {
          if (socket === sockets[0] && reads.length === 0) socket.pause();
          reads.push(count);
          wake();
        },
      });
    });
    const read = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    const first = read();
    (await connect(listener)).send(Buffer.alloc(5_000));
    await first;
    // Were it not paused, its second read would come in the same turn, before anything of another connection.
    const other = read();
    (await connect(listener)).send(Buffer.alloc(1));
    await other;
    assert.deepEqual(reads, [1024, 1]);
    sockets[0]?.resume();
    while (reads.length < 6) await read();
    assert.deepEqual(reads.slice(2), [1024, 1024, 1024, 904]);
  });

  it('tells once that the peer has gone, and once after a destroy', async () => {
    let closes = 0;
    let wake = () => {};
    const listener = await listen((socket) =>
      socket.start({
        ...ignoring,
        onBytes: () => socket.destroy(),
        onClose: () => {
          closes += 1;
          wake();
        },
      }),
    );
    for (const leave of [(c: LoopbackClient) => c.destroy(), (c: LoopbackClient) => c.send(Buffer.alloc(1))]) {
      const before = closes;
      const closed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const client = await connect(listener);
      leave(client);
      await closed;
      assert.equal(closes, before + 1);
    }
  });

  it('lets the port go although connections are open', async () => {
    const { promise: connected, resolve } = Promise.withResolvers<Socket>();
    const listener = await listen((socket) => {
      socket.start(ignoring);
      resolve(socket);
    });
    const client = await connect(listener);
    const socket = await connected;
    await listener.close();
    listeners.splice(0);
    await assert.rejects(LoopbackClient.connect(listener.port));
    socket.write([Buffer.from([0, 0, 0, 1, 65])]);
    assert.equal((await client.nextFrame()).toString(), 'A');
    socket.end();
    await client.closed;
  });

  it('names addresses plainly on a socket for both families', async () => {
    const { promise: accepted, resolve } = Promise.withResolvers<Socket>();
    const listener = await listen((socket) => {
      resolve(socket);
      socket.start(ignoring);
    }, '');
    await connect(listener);
    const { remoteAddress, localAddress, localPort } = await accepted;
    assert.deepEqual([remoteAddress, localAddress, localPort], ['127.0.0.1', '127.0.0.1', listener.port]);
  });

  it('names what is wrong with an address', async () => {
    const taken = await listen(() => {});
    const attempt = (host: string, port: number) =>
      nodeNetwork.listen(
        { host, port, backlog: 1, keepsProcessAlive: true },
        { onSocket: () => {}, onAcceptFault: () => {} },
      );
    await assert.rejects(attempt('127.0.0.1', taken.port), { kind: 'address-in-use' });
    await assert.rejects(attempt('192.0.2.1', 0), { kind: 'address-not-available' });
  });
});
