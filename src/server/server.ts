/**
 * The listeners of one broker and the connections that came in through them: start, stop, idle connections. Owns the set of connections.
 */
import type { Env, NetworkListener, Socket, Timer } from '../base/env.ts';
import { limits } from '../base/limits.ts';
import type { Broker } from '../broker/broker.ts';
import { Connection, type ConnectionServices } from './connection.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { Dispatcher, type Interceptor } from './dispatch.ts';
import { FrameAllocator } from './frame-allocator.ts';
import type { Handler } from './handler.ts';
import { type ListenerSettings, listenerSettings } from './listener-settings.ts';
import { RefusalLog } from './refusal-log.ts';
import { RequestMemory } from './request-memory.ts';

/** How many sweeps make `connections.max.idle.ms`: a connection is closed at most a tenth of it late. */
const SWEEPS_PER_IDLE_TIME = 10;
const SWEEP_MS_MAX = 1_000;
/** A burst of clients comes while one turn of the event loop is busy; beyond the backlog each would wait a second for its next attempt. */
const BACKLOG_MIN = 511;

export interface ServerOptions {
  readonly broker: Broker;
  readonly handlers: readonly Handler[];
  /** False lets the process end while the server is open. */
  readonly keepsProcessAlive: boolean;
  readonly interceptor?: Interceptor | undefined;
}

/** Where a listener can be reached. */
export interface ServerAddress {
  readonly listenerName: string;
  readonly host: string;
  readonly port: number;
}

export class Server {
  readonly #env: Env;
  readonly #connections = new Set<Connection>();
  readonly #limits: ConnectionLimits;
  readonly #refusals: RefusalLog;
  readonly #services: ConnectionServices;
  readonly #idleMs: number;
  readonly #listeners: NetworkListener[] = [];
  readonly #addresses: ServerAddress[] = [];
  #connectionsMade = 0;
  #isStopping = false;
  #sweepTimer: Timer | undefined;
  #onAllClosed: (() => void) | undefined;

  /** Opens every listener, or none and throws a `ConfigError` or `NetworkFault`. */
  static async start(options: ServerOptions): Promise<Server> {
    const settings = listenerSettings(options.broker.config);
    const server = new Server(options);
    try {
      for (const listener of settings) await server.#listen(listener, options.keepsProcessAlive);
    } catch (error) {
      await server.stop();
      throw error;
    }
    server.#sweepLater();
    return server;
  }

  private constructor(options: ServerOptions) {
    const { broker, handlers, interceptor } = options;
    const { env, config } = broker;
    this.#env = env;
    this.#limits = new ConnectionLimits(config);
    this.#refusals = new RefusalLog(env);
    this.#idleMs = config.get('connections.max.idle.ms');
    const queuedBytesMax = config.get('queued.max.request.bytes');
    const dispatcher = new Dispatcher({ handlers, logger: env.logger, refusals: this.#refusals, interceptor });
    this.#services = {
      broker,
      env,
      allocator: new FrameAllocator(),
      memory: new RequestMemory(queuedBytesMax > 0 ? queuedBytesMax : limits.requestBytes),
      frameBytesMax: config.get('socket.request.max.bytes'),
      dispatch: (frame, exchange) => dispatcher.dispatch(frame, exchange),
      onOffence: (connection, offence) => {
        this.#refusals.warn(
          { connection: connection.id, offence },
          'a client was disconnected: its bytes are not requests',
        );
      },
      onClosed: (connection) => this.#onClosed(connection),
    };
  }

  get addresses(): readonly ServerAddress[] {
    return this.#addresses;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Takes no more connections and requests, lets the answers leave that are under way, and closes what is still open after
   * `limits.stopParkedMs` or `limits.stopDrainMs`.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#sweepTimer?.cancel();
    const closing = this.#listeners.map((listener) => listener.close());
    const allClosed = new Promise<void>((resolve) => {
      this.#onAllClosed = resolve;
    });
    const deadlines = [
      this.#env.timers.after(limits.stopParkedMs, () => this.#destroyIf(({ isParked }) => isParked)),
      this.#env.timers.after(limits.stopDrainMs, () => this.#destroyIf(() => true)),
    ];
    for (const connection of this.#connections) connection.endAfterAnswers();
    if (this.#connections.size > 0) await allClosed;
    for (const deadline of deadlines) deadline.cancel();
    await Promise.all(closing);
  }

  #destroyIf(condition: (connection: Connection) => boolean): void {
    for (const connection of this.#connections) if (condition(connection)) connection.destroy();
  }

  async #listen(settings: ListenerSettings, keepsProcessAlive: boolean): Promise<void> {
    const { name, host, port } = settings;
    const backlog = this.#services.broker.config.get('socket.listen.backlog.size');
    const listener = await this.#env.network.listen(
      { host, port, backlog: Math.max(backlog, BACKLOG_MIN), keepsProcessAlive },
      {
        onSocket: (socket) => this.#onSocket(socket, settings),
        onAcceptFault: (fault) => this.#refusals.warn({ err: fault, listener: name }, 'a connection was not accepted'),
      },
    );
    this.#listeners.push(listener);
    this.#addresses.push({ listenerName: name, host: listener.host, port: listener.port });
  }

  #onSocket(socket: Socket, settings: ListenerSettings): void {
    if (this.#isStopping) {
      socket.destroy();
      return;
    }
    const refusedBy = this.#limits.admit(socket.remoteAddress);
    if (refusedBy !== undefined) {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      this.#refusals.warn({ peer, listener: settings.name, setting: refusedBy }, 'a connection was refused: too many');
      socket.destroy();
      return;
    }
    this.#connectionsMade += 1;
    const connection = new Connection({
      socket,
      index: this.#connectionsMade,
      listenerName: settings.name,
      advertised: settings.advertised,
      services: this.#services,
    });
    this.#connections.add(connection);
    connection.start();
  }

  #onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#limits.release(connection.remoteAddress);
    if (this.#connections.size === 0) this.#onAllClosed?.();
  }

  /** A negative `connections.max.idle.ms` lets connections be idle for ever. */
  #sweepLater(): void {
    if (this.#isStopping) return;
    const sweepMs =
      this.#idleMs < 0 ? SWEEP_MS_MAX : Math.min(SWEEP_MS_MAX, Math.max(1, this.#idleMs / SWEEPS_PER_IDLE_TIME));
    const idleSweeps = this.#idleMs < 0 ? Infinity : Math.ceil(this.#idleMs / sweepMs);
    const stallSweeps = Math.ceil(limits.frameStallMs / sweepMs);
    this.#sweepTimer = this.#env.timers.after(sweepMs, () => {
      for (const connection of this.#connections) connection.sweep({ idleSweeps, stallSweeps });
      this.#sweepLater();
    });
  }
}
