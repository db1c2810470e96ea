/**
 * A network in memory: listeners by port, and connections whose bytes arrive after a seeded time, in order, in pieces of any size. A connection can be cut at any
 * moment; what was on its way then arrives at the broker or not, and never at the client, which is how replies get lost. Knows no frames.
 */
import type { ListenHandlers, ListenOptions, Network, NetworkListener } from '../../src/base/env.ts';
import { NetworkFault } from '../../src/base/faults.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Schedule } from './schedule.ts';
import { type ClientEnd, SimSocket } from './socket.ts';

export class SimNetwork implements Network {
  readonly #schedule: Schedule;
  readonly #random: SeededRandom;
  readonly #listeners = new Map<number, ListenHandlers>();
  readonly #sockets = new Set<SimSocket>();
  #connectionsMade = 0;
  latencyMsMax = 2;

  constructor(schedule: Schedule, random: SeededRandom) {
    this.#schedule = schedule;
    this.#random = random;
  }

  async listen({ host, port }: ListenOptions, handlers: ListenHandlers): Promise<NetworkListener> {
    if (this.#listeners.has(port)) {
      throw new NetworkFault({ kind: 'address-in-use', message: 'another broker listens there' });
    }
    this.#listeners.set(port, handlers);
    return { host, port, close: async () => void this.#listeners.delete(port) };
  }

  /** Undefined when nobody listens. */
  async connect(port: number): Promise<ClientEnd | undefined> {
    await this.#schedule.sleep(this.#random.next() * this.latencyMsMax);
    const handlers = this.#listeners.get(port);
    if (handlers === undefined) return undefined;
    this.#connectionsMade += 1;
    const socket = new SimSocket({
      schedule: this.#schedule,
      latencyMs: () => this.#random.next() * this.latencyMsMax,
      pieceBytes: () => (this.#random.chance(0.9) ? 65_536 : this.#random.between(1, 100)),
      port,
      remotePort: 20_000 + this.#connectionsMade,
      onGone: () => this.#sockets.delete(socket),
    });
    this.#sockets.add(socket);
    handlers.onSocket(socket);
    return socket.client;
  }

  /** Cuts one of the connections. */
  cutOne(): void {
    const sockets = [...this.#sockets];
    sockets[this.#random.below(sockets.length)]?.cut({ requestsArrive: this.#random.chance(0.5) });
  }

  /** The process that listened is gone. */
  die(): void {
    this.#listeners.clear();
    for (const socket of this.#sockets) socket.die();
    this.#sockets.clear();
  }
}
