/** An `Env` for tests: virtual time, seeded chance, a disk in memory, a silent logger that remembers its lines, and no network. */
import type { Env, Logger, Network } from '../src/base/env.ts';
import { NetworkFault } from '../src/base/faults.ts';
import { ReadBuffers } from '../src/base/read-buffers.ts';
import { MemoryDisk } from './memory-disk.ts';
import { SeededRandom } from './seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface TestEnv extends Env {
  readonly clock: VirtualClock;
  readonly timers: VirtualClock;
  readonly random: SeededRandom;
  readonly disk: MemoryDisk;
  readonly logger: RecordingLogger;
}

export function testEnv(seed = 1): TestEnv {
  const clock = new VirtualClock();
  return {
    clock,
    timers: clock,
    random: new SeededRandom(seed),
    disk: new MemoryDisk({ clock, seed }),
    network: noNetwork,
    logger: new RecordingLogger(),
    readBuffers: new ReadBuffers(),
  };
}

/** Of the next process on the same machine, which finds what the last one has left on the disk. `fresh`: what it does not share with it. */
export function nextProcess({ clock, disk, ...more }: TestEnv, fresh: Partial<TestEnv> = {}): TestEnv {
  return { ...more, ...fresh, clock, timers: clock, disk: disk.restarted(clock) };
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

export class RecordingLogger implements Logger {
  readonly lines: LogLine[];
  readonly #fields: object;

  constructor(fields: object = {}, lines: LogLine[] = []) {
    this.#fields = fields;
    this.lines = lines;
  }

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  child(fields: object): Logger {
    return new RecordingLogger({ ...this.#fields, ...fields }, this.lines);
  }

  #add(level: LogLine['level'], fields: object, message: string): void {
    this.lines.push({ level, fields: { ...this.#fields, ...fields }, message });
  }
}

const noNetwork: Network = {
  async listen() {
    throw new NetworkFault({ kind: 'address-not-available', message: 'a test has no network' });
  },
};
