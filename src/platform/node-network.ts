/**
 * `Env.Network` over node:net. Owns how bytes get from a socket into a buffer of the reader's choice and back; knows no frames.
 *
 * node:net can read into a buffer that its user chose (`onread`), but offers that only to sockets that connect, not to those that a server
 * accepts. The accepted handle is therefore given to a second socket, made with `onread`. That halves the processor time per
 * received byte (docs/decisions/0003-read-into-the-frame.md). Where the handle cannot be had, `data` events and a copy do the same.
 */
import { createServer, Socket as NetSocket, type Server, type SocketConstructorOpts } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import type { ListenHandlers, ListenOptions, Network, NetworkListener, Socket, SocketHandlers } from '../base/env.ts';
import { NetworkFault, type NetworkFaultKind } from '../base/faults.ts';
import { limits } from '../base/limits.ts';

export const nodeNetwork: Network = { listen };

async function listen(options: ListenOptions, handlers: ListenHandlers): Promise<NetworkListener> {
  const server = createServer({
    pauseOnConnect: true,
    noDelay: true,
    keepAlive: true,
    highWaterMark: limits.connectionOutputBytes,
  });
  server.on('connection', (accepted) => {
    if (!options.keepsProcessAlive) accepted.unref();
    const socket = NodeSocket.of(accepted, options.keepsProcessAlive);
    if (socket !== undefined) handlers.onSocket(socket);
  });
  const { host, port } = await bound(server, options);
  server.on('error', (error) => handlers.onAcceptFault(error));
  if (!options.keepsProcessAlive) server.unref();
  return { host, port, close: () => closed(server) };
}

function bound(server: Server, options: ListenOptions): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(listenFault(cause, options)));
    server.once('listening', () => {
      server.removeAllListeners('error');
      const address = server.address();
      // A string only for pipes, null only when not listening.
      if (address === null || typeof address === 'string') reject(new TypeError('the listener has no TCP address'));
      else resolve({ host: plainAddress(address.address), port: address.port });
    });
    const { port, backlog } = options;
    server.listen(options.host === '' ? { port, backlog } : { host: options.host, port, backlog });
  });
}

/** Resolves when the port is free again. Accepted sockets were taken away from the server, so it does not wait for them. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

class NodeSocket implements Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #keepsProcessAlive: boolean;
  /** The socket as accepted; from `start` on the one that reads. */
  #socket: NetSocket;

  /** Undefined when the peer has gone already. */
  static of(accepted: NetSocket, keepsProcessAlive: boolean): NodeSocket | undefined {
    const { remoteAddress, remotePort, localAddress, localPort } = accepted;
    if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined) {
      accepted.destroy();
      return undefined;
    }
    // A reset that comes before `start` must not become an uncaught error.
    accepted.on('error', () => accepted.destroy());
    const peer = { remoteAddress, remotePort, localAddress, localPort: localPort ?? 0 };
    return new NodeSocket(accepted, peer, keepsProcessAlive);
  }

  private constructor(
    accepted: NetSocket,
    peer: { remoteAddress: string; remotePort: number; localAddress: string; localPort: number },
    keepsProcessAlive: boolean,
  ) {
    this.remoteAddress = plainAddress(peer.remoteAddress);
    this.remotePort = peer.remotePort;
    this.localAddress = plainAddress(peer.localAddress);
    this.localPort = peer.localPort;
    this.#keepsProcessAlive = keepsProcessAlive;
    this.#socket = accepted;
  }

  start(handlers: SocketHandlers): void {
    const socket = reading(this.#socket, handlers);
    this.#socket = socket;
    if (!this.#keepsProcessAlive) socket.unref();
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('drain', () => handlers.onDrain());
    socket.on('close', () => handlers.onClose(failure));
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  write(parts: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return socket.write(only);
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** What node:net keeps to itself, as far as it is used here. */
interface WithHandle {
  _handle: object | null;
}

function reading(accepted: NetSocket, handlers: SocketHandlers): NetSocket {
  // Checked below: undefined or null when node:net renamed it or the socket is closed.
  const handle = (accepted as unknown as Partial<WithHandle>)._handle;
  return handle ? readInto(accepted, handle, handlers) : readAndCopy(accepted, handlers);
}

function readInto(accepted: NetSocket, handle: object, handlers: SocketHandlers): NetSocket {
  // The accepted socket lets go without closing; destroying it then only tells the server that it counts one less.
  (accepted as unknown as WithHandle)._handle = null;
  accepted.destroy();
  const options: SocketConstructorOpts & DuplexOptions = {
    // Its type names only the handles that are public; what the accepted socket used is what any socket takes.
    handle: handle as NonNullable<SocketConstructorOpts['handle']>,
    writableHighWaterMark: limits.connectionOutputBytes,
    onread: {
      // Its type says Buffer; node:net takes any Uint8Array.
      buffer: () => handlers.target() as Buffer,
      callback: (count) => {
        handlers.onBytes(count);
        return true;
      },
    },
  };
  return new NetSocket(options);
}

function readAndCopy(accepted: NetSocket, handlers: SocketHandlers): NetSocket {
  accepted.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length && !accepted.destroyed; ) {
      const target = handlers.target();
      const count = Math.min(target.length, bytes.length - at);
      target.set(bytes.subarray(at, at + count));
      at += count;
      handlers.onBytes(count);
    }
  });
  return accepted;
}

/** An IPv4 address without the prefix that it has on a socket for both families. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

function listenFault(cause: NodeJS.ErrnoException, options: ListenOptions): NetworkFault {
  const where = `${options.host === '' ? '*' : options.host}:${options.port}`;
  const known = listenFaults[cause.code ?? ''];
  if (known === undefined) return new NetworkFault({ kind: 'io', message: `cannot listen on ${where}`, cause });
  return new NetworkFault({ kind: known.kind, message: `cannot listen on ${where}: ${known.reason}`, cause });
}

const listenFaults: Readonly<Record<string, { kind: NetworkFaultKind; reason: string }>> = {
  EADDRINUSE: { kind: 'address-in-use', reason: 'the port is in use by another process' },
  EADDRNOTAVAIL: { kind: 'address-not-available', reason: 'this machine has no such address' },
  ENOTFOUND: { kind: 'address-not-available', reason: 'the host name is unknown' },
  EACCES: { kind: 'denied', reason: 'the operating system does not allow it' },
};
