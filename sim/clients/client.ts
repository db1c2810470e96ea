/**
 * A simulated client's connection: sends requests with the project's own codec, several at a time where its user does, and gives the answers back in order. What
 * was not answered when the connection ended is answered `undefined`: nobody knows whether it was done. Connects again by itself, retries nothing.
 */
import { decodeResponse, encodeRequest } from '../../src/protocol/frame.ts';
import type { Api, DecodedResponseOf, RequestInputOf } from '../../src/protocol/schema.ts';
import type { Answers } from '../checkers/answers.ts';
import { PORT } from '../world/machine.ts';
import type { ClientEnd } from '../world/socket.ts';
import { violated, type World } from '../world/world.ts';

interface Waiting {
  readonly correlationId: number;
  readonly resolve: (frame: Uint8Array | undefined) => void;
}

const RETRY_MS_MAX = 50;

export class Client {
  readonly name: string;
  readonly #world: World;
  readonly #answers: Answers;
  #end: ClientEnd | undefined;
  #connecting: Promise<ClientEnd> | undefined;
  #waiting: Waiting[] = [];
  #received: Buffer = Buffer.alloc(0);
  #correlationId = 0;

  constructor(name: string, world: World, answers: Answers) {
    this.name = name;
    this.#world = world;
    this.#answers = answers;
  }

  /** Waits for a connection, then for the answer. */
  async request<A extends Api>(
    api: A,
    version: number,
    body: RequestInputOf<A>,
  ): Promise<DecodedResponseOf<A> | undefined> {
    const end = this.#end ?? (await this.#connect());
    this.#correlationId += 1;
    const correlationId = this.#correlationId;
    const { parts } = encodeRequest(api, version, { correlationId, clientId: this.name }, body);
    const settled = this.#answers.asked(`${api.name} of ${this.name}`);
    const frame = await new Promise<Uint8Array | undefined>((resolve) => {
      this.#waiting.push({ correlationId, resolve });
      end.send(Buffer.concat(parts));
    });
    settled();
    return frame === undefined ? undefined : decodeResponse(api, version, frame).body;
  }

  close(): void {
    this.#end?.close();
  }

  note(event: string): void {
    this.#world.trace.add(this.name, event);
  }

  #connect(): Promise<ClientEnd> {
    this.#connecting ??= this.#connectAtLast().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connectAtLast(): Promise<ClientEnd> {
    for (;;) {
      const end = await this.#world.machine.network.connect(PORT);
      if (end !== undefined) {
        end.onBytes = (bytes) => this.#take(bytes);
        end.onClose = () => this.#closed();
        this.#end = end;
        return end;
      }
      await this.#world.sleep(this.#world.random.next() * RETRY_MS_MAX);
    }
  }

  #take(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      const frame = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      const waiting = this.#waiting.shift();
      if (waiting === undefined || frame.readInt32BE(0) !== waiting.correlationId) {
        this.#world.fail(new Error(`${this.name} got an answer out of order`));
        return;
      }
      waiting.resolve(frame);
    }
  }

  #closed(): void {
    this.#end = undefined;
    this.#received = Buffer.alloc(0);
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
  }
}

/** For answers that must come because nothing is wrong any more. */
export function expectAnswer<T>(answer: T | undefined): T {
  return answer ?? violated('a connection ended although nobody cut it');
}
