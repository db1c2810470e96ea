/**
 * One connection of a load generator: sends requests that were written beforehand and hands every answer on, in order, without decoding it. Cheap enough not to
 * be what is measured; it uses the broker's own frame cutter and codecs.
 */
import { connect, type Socket } from 'node:net';
import { codecOf } from '../../src/protocol/codec.ts';
import { Reader } from '../../src/protocol/reader.ts';
import type { Api, DecodedResponseOf, RequestInputOf } from '../../src/protocol/schema.ts';
import { Writer } from '../../src/protocol/writer.ts';
import { FrameAllocator } from '../../src/server/frame-allocator.ts';
import { FrameReader } from '../../src/server/frame-reader.ts';

/** Far above what any request takes that waits for nothing: a broker that does not answer is not waited for. */
const ANSWER_MS_MAX = 60_000;

export class LoadClient {
  readonly #socket: Socket;
  readonly #reader = new FrameReader({ allocator: new FrameAllocator(), frameBytesMax: 1 << 30 });
  readonly #waiting: ((answer: Uint8Array) => void)[] = [];
  #failure: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  static async connect(address: string): Promise<LoadClient> {
    const colon = address.lastIndexOf(':');
    const client = new LoadClient(address.slice(0, colon), Number(address.slice(colon + 1)));
    await new Promise<void>((resolve, reject) => {
      client.#socket.once('connect', resolve);
      client.#socket.once('error', reject);
    });
    return client;
  }

  private constructor(host: string, port: number) {
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        // Its type says Buffer; node:net takes any Uint8Array.
        buffer: () => this.#reader.target() as Buffer,
        callback: (count) => {
          this.#onBytes(count);
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the broker closed the connection')));
  }

  /** Sends a request made by `requestFrame`; `onAnswer` gets the answer, which begins with the correlation id. */
  send(frame: Uint8Array, onAnswer: (answer: Uint8Array) => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#waiting.push(onAnswer);
    this.#socket.write(frame);
  }

  /** Runs `work`, which ends itself by calling `done`; rejects when the connection fails meanwhile. */
  run(work: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      work(resolve);
    });
  }

  async request<A extends Api>(api: A, version: number, body: RequestInputOf<A>): Promise<DecodedResponseOf<A>> {
    let answer: Uint8Array = new Uint8Array(0);
    const late = () =>
      this.#fail(new Error(`the broker has not answered to ${api.name} for ${ANSWER_MS_MAX / 1000} s`));
    const timer = setTimeout(late, ANSWER_MS_MAX);
    try {
      await this.run((done) =>
        this.send(requestFrame(api, version, body), (bytes) => {
          answer = bytes;
          done();
        }),
      );
    } finally {
      clearTimeout(timer);
    }
    return decodeAnswer(api, version, answer);
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #onBytes(count: number): void {
    const frames: Uint8Array[] = [];
    const fault = this.#reader.received(count, frames);
    if (fault !== undefined) this.#fail(new Error(fault));
    for (const frame of frames) this.#waiting.shift()?.(frame);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#reject?.(error);
  }
}

/** A request as bytes, length and header included, in one piece. */
export function requestFrame<A extends Api>(api: A, version: number, body: RequestInputOf<A>): Uint8Array {
  const writer = new Writer(1024);
  writer.int32(0);
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(1);
  writer.string('bench');
  if (version >= api.flexibleFrom) writer.uvarint(0);
  codecOf(api.request, version).write(writer, body);
  writer.setInt32(0, writer.length - 4);
  return Buffer.concat(writer.finish().parts);
}

export function decodeAnswer<A extends Api>(api: A, version: number, answer: Uint8Array): DecodedResponseOf<A> {
  const reader = new Reader(answer, 4);
  if (version >= api.flexibleFrom) reader.skipTaggedFields();
  // The codec was made from the schema of this API's responses.
  return codecOf(api.response, version).read(reader) as DecodedResponseOf<A>;
}
