/**
 * The machine that the simulated broker runs on: its disk, its network card and the one process on it, which starts, stops cleanly, is killed or loses its power.
 * A dead process hears of nothing any more: no timer, no byte, no end of a disk call.
 */
import type { Env, Timer, Timers } from '../../src/base/env.ts';
import { ReadBuffers } from '../../src/base/read-buffers.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { type RunningNode, startNode } from '../../src/node.ts';
import { MemoryDisk } from '../memory-disk.ts';
import { SeededRandom } from '../seeded-random.ts';
import { type DeathMoment, DiskFaults } from './disk-faults.ts';
import type { Mood } from './mood.ts';
import { SimNetwork } from './network.ts';
import type { Schedule } from './schedule.ts';
import type { Trace } from './trace.ts';

export const PORT = 9092;

/** What a spell of the disk has broken shows by then. */
const CALM_MS = 2_000;
const ERAS_PER_LIFE = 10_000;

/** How a process ended. `power` takes with it what was not synced. */
export type Death = 'kill' | 'power';
export type Boot = { readonly kind: 'running' | 'died' } | { readonly kind: 'refused'; readonly error: unknown };

interface Process {
  isAlive: boolean;
  node: RunningNode | undefined;
  readonly died: Promise<void>;
  readonly die: () => void;
}

export class Machine {
  readonly network: SimNetwork;
  readonly faults: DiskFaults;
  readonly settings: Readonly<Record<string, string>>;
  /** With which the process starts. */
  dataDirs: readonly string[];
  disk: MemoryDisk;
  /** Counts the starts. */
  #life = 0;
  /** Called in the moment in which the process dies. */
  onDeath: (death: Death) => void = () => {};
  readonly #schedule: Schedule;
  readonly #random: SeededRandom;
  readonly #trace: Trace;
  readonly #sharesFiles: boolean;
  #process: Process | undefined;

  constructor(options: {
    schedule: Schedule;
    random: SeededRandom;
    trace: Trace;
    mood: Mood;
    settings: Readonly<Record<string, string>>;
  }) {
    const { schedule, random, trace, mood, settings } = options;
    this.#schedule = schedule;
    this.#random = random;
    this.#trace = trace;
    this.settings = settings;
    this.network = new SimNetwork(schedule, random);
    this.dataDirs = mood.dataDirs;
    this.#sharesFiles = mood.sharesFiles;
    this.faults = new DiskFaults({
      clock: schedule,
      random,
      syncTimes: mood,
      note: (event) => trace.add('disk', event),
    });
    this.disk = new MemoryDisk({ clock: schedule, seed: random.below(1_000_000_000) });
    this.#plug(this.disk);
  }

  get isRunning(): boolean {
    return this.#process?.node !== undefined;
  }

  /** A time in which nothing makes the broker forget what is only in memory; undefined while something might. */
  get era(): number | undefined {
    const { calmSinceMs, spells } = this.faults;
    const isCalm = calmSinceMs !== undefined && this.#schedule.monotonicMs() - calmSinceMs > CALM_MS;
    return isCalm ? this.#life * ERAS_PER_LIFE + spells : undefined;
  }

  get node(): RunningNode | undefined {
    return this.#process?.node;
  }

  /** Starts the broker on what is on the disk. */
  async boot(): Promise<Boot> {
    this.disk = this.disk.restarted(this.#schedule);
    this.disk.sharesFiles = this.#sharesFiles;
    this.#plug(this.disk);
    const process = newProcess();
    this.#process = process;
    this.#life += 1;
    this.#trace.add('broker', 'starts');
    const starting = startNode({
      config: new BrokerConfig({
        flag: { 'node.id': '1', listeners: `PLAINTEXT://10.0.0.1:${PORT}`, ...this.settings },
      }),
      dataDirs: this.dataDirs,
      logger: this.#trace.logger(),
      env: this.#env(process),
    });
    const boot = await Promise.race([
      starting.then((node): Boot => {
        process.node = node;
        return { kind: 'running' };
      }),
      process.died.then((): Boot => ({ kind: 'died' })),
    ]).catch((error: unknown): Boot => ({ kind: 'refused', error }));
    this.#trace.add('broker', boot.kind === 'refused' ? `does not start: ${boot.error}` : boot.kind);
    if (boot.kind === 'refused') this.#end(process);
    return boot;
  }

  /** False when the process died before it was through. */
  async stop(): Promise<boolean> {
    const process = this.#process;
    if (process?.node === undefined) return false;
    this.#trace.add('broker', 'stops');
    const stopped = await Promise.race([process.node.stop().then(() => true), process.died.then(() => false)]);
    if (stopped) this.#end(process);
    this.#trace.add('broker', stopped ? 'stopped' : 'died while it stopped');
    return stopped;
  }

  kill(death: Death): void {
    const process = this.#process;
    if (process === undefined || !process.isAlive) return;
    this.#trace.add('broker', death === 'power' ? 'loses its power' : 'is killed');
    if (death === 'power') this.disk.crash();
    else this.disk.kill();
    this.#end(process);
    this.onDeath(death);
  }

  /** The process dies in one of its next disk calls. */
  dieAt(moment: DeathMoment, death: Death): void {
    this.faults.dieAt(moment, ({ kind, path }) => {
      this.#trace.add('disk', `${death} at ${kind} ${path}`);
      // A power loss takes effect after the call has had its volatile effect; the process is told in the next event.
      this.#schedule.soon(() => this.kill(death));
      if (death === 'kill') this.disk.kill();
      return death === 'power' ? { kind: 'crash' } : { kind: 'ok' };
    });
  }

  /** The disk as another process on the machine has it, which a broker's death does not end. */
  diskAlongside(): MemoryDisk {
    const disk = this.disk.alongside();
    this.#plug(disk);
    return disk;
  }

  #end(process: Process): void {
    process.isAlive = false;
    process.node = undefined;
    this.faults.spare();
    this.network.die();
    process.die();
  }

  #plug(disk: MemoryDisk): void {
    disk.judge = (operation) => this.faults.judge(operation);
    disk.pause = (operation) => this.#schedule.sleep(this.faults.latencyMs(operation));
  }

  #env(process: Process): Env {
    return {
      clock: this.#schedule,
      timers: new ProcessTimers(this.#schedule, process),
      random: new SeededRandom(this.#random.below(1_000_000_000)),
      disk: this.disk,
      network: this.network,
      logger: this.#trace.logger(),
      readBuffers: new ReadBuffers(),
    };
  }
}

class ProcessTimers implements Timers {
  readonly #schedule: Schedule;
  readonly #process: Process;

  constructor(schedule: Schedule, process: Process) {
    this.#schedule = schedule;
    this.#process = process;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#schedule.after(delayMs, () => {
      if (this.#process.isAlive) callback();
    });
  }

  soon(callback: () => void): void {
    this.after(0, callback);
  }
}

function newProcess(): Process {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { isAlive: true, node: undefined, died: promise, die: resolve };
}
