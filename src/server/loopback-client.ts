/**
 * A client for tests that speaks in raw bytes over a loopback socket: sends what no real client would send, and cuts what comes back into frames.
 * No part of the broker.
 */
import { connect, type Socket } from 'node:net';

export class LoopbackClient {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  /** What came after it: put together only when somebody asks for a frame, since each time copies everything. */
  #later: Buffer[] = [];
  #unreadBytes = 0;
  #waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void }[] = [];
  /** Resolves when the broker has closed the connection. */
  readonly closed: Promise<void>;

  static connect(port: number): Promise<LoopbackClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new LoopbackClient(socket));
      });
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const { reject } of this.#waiting) reject(new Error('the connection was closed'));
        resolve();
      });
    });
  }

  /** Bytes as they are; no length is added. */
  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  sendFrame(bytes: Uint8Array): void {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    this.#socket.cork();
    this.#socket.write(length);
    this.#socket.write(bytes);
    this.#socket.uncork();
  }

  /** The next frame that the broker sends, without its length. Rejects when the connection closes before. */
  nextFrame(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) reject(new Error('the connection was closed'));
      this.#waiting.push({ resolve, reject });
      this.#deliver();
    });
  }

  /** Bytes that have come and were not asked for yet. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Stops taking bytes from the operating system. */
  stopReading(): void {
    this.#socket.pause();
  }

  readAgain(): void {
    this.#socket.resume();
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onData(bytes: Buffer): void {
    this.#later.push(bytes);
    this.#unreadBytes += bytes.length;
    this.#deliver();
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      const header = this.#take(0, 4);
      if (header === undefined) return;
      const end = 4 + header.readInt32BE(0);
      const frame = this.#take(4, end);
      if (frame === undefined) return;
      this.#received = this.#received.subarray(end);
      this.#unreadBytes -= end;
      this.#waiting.shift()?.resolve(frame);
    }
  }

  /** Undefined when not so much has come. */
  #take(start: number, end: number): Buffer | undefined {
    if (this.#unreadBytes < end) return undefined;
    if (this.#received.length < end) {
      this.#received = Buffer.concat([this.#received, ...this.#later]);
      this.#later = [];
    }
    return this.#received.subarray(start, end);
  }
}
