/**
 * Makes backups of the broker, one after the other, as a process of its own that may be killed, or dies with the power, while the broker and its clients go on; some also when all is
 * quiet. Owns the list of them, with what was promised when each began and ended; what is in them others look over.
 */
import { DataDirectoryRefused, DiskFault } from '../../src/base/faults.ts';
import { backUp } from '../../src/log/local/backup/back-up.ts';
import { BrokerGone, NoCutAnswer } from '../../src/log/local/backup/cut-request.ts';
import type { MemoryDisk } from '../memory-disk.ts';
import { violated, type World } from '../world/world.ts';

export const METADATA_TOPIC = '__cluster_metadata';
const PAUSE_MS_MAX = 700;
const LOOK_MS = 20;
/** Whoever waits for a broker that is dead gives up, as a person would. */
const PATIENCE_MS = 6_000;
const CALM_PATIENCE_MS = 60_000;
const KILLED = 0.25;
const KILLED_CALLS_MAX = 250;
/** The backup is on the volume of the data. */
const SHARES_FILES = 0.7;

export interface Backup<M> {
  readonly target: string;
  /** What was promised when it began. */
  readonly before: M;
  /** And when it ended, or what made it died. */
  after: M;
  /** `complete`: it has said so. */
  end: 'complete' | 'refused' | 'died';
}

interface BackupAtWork<M> {
  readonly disk: MemoryDisk;
  readonly backup: Backup<M>;
  isOver: boolean;
}

export class Keeper<M> {
  readonly backups: Backup<M>[] = [];
  readonly #world: World;
  readonly #promised: () => M;
  #atWork: BackupAtWork<M> | undefined;

  /** `promised` answers a copy. */
  constructor(world: World, promised: () => M) {
    this.#world = world;
    this.#promised = promised;
  }

  async run(): Promise<void> {
    const { random } = this.#world;
    while (!this.#world.isDraining) {
      await this.#world.sleep(random.next() * PAUSE_MS_MAX);
      const calls = random.chance(KILLED) ? random.between(1, KILLED_CALLS_MAX) : Number.POSITIVE_INFINITY;
      await this.#backUp(calls, PATIENCE_MS);
    }
  }

  /** Of a broker that runs, while nothing fails. */
  async backUpRunning(): Promise<void> {
    const { target, end } = await this.backUpStopped();
    if (end !== 'complete') violated(`${target} was not made, although nothing fails`);
  }

  /** Refused where something is left of a topic that nobody was promised: then no stop is clean. */
  backUpStopped(): Promise<Backup<M>> {
    return this.#backUp(Number.POSITIVE_INFINITY, CALM_PATIENCE_MS);
  }

  /** To be told in the moment in which the power goes, before any promise is forgotten. */
  powerLost(): void {
    if (this.#atWork !== undefined) this.#end(this.#atWork, 'died');
  }

  /** Dies in its disk call after `calls` others. */
  async #backUp(calls: number, patienceMs: number): Promise<Backup<M>> {
    const { schedule, machine } = this.#world;
    const target = `backup-${this.backups.length}`;
    const before = this.#promised();
    const backup: Backup<M> = { target, before, after: before, end: 'died' };
    this.backups.push(backup);
    const disk = machine.diskAlongside();
    const work: BackupAtWork<M> = { disk, backup, isOver: false };
    this.#atWork = work;
    this.#prepare(disk, calls);
    this.#start(work);
    const untilMs = schedule.monotonicMs() + patienceMs;
    while (!work.isOver && !disk.dead && schedule.monotonicMs() < untilMs) await this.#world.sleep(LOOK_MS);
    disk.kill();
    this.#end(work, 'died');
    return backup;
  }

  #prepare(disk: MemoryDisk, calls: number): void {
    disk.sharesFiles = this.#world.random.chance(SHARES_FILES);
    const { judge } = disk;
    const last = disk.operations + calls;
    disk.judge = (operation) => {
      if (operation.sequence >= last) disk.kill();
      return judge(operation);
    };
  }

  #start(work: BackupAtWork<M>): void {
    const { schedule, machine, random } = this.#world;
    const { target } = work.backup;
    this.#note(`begins ${target}`);
    backUp({
      world: { disk: work.disk, pause: (delayMs) => this.#world.sleep(delayMs) },
      roots: machine.dataDirs,
      target,
      metadataTopic: METADATA_TOPIC,
      now: () => schedule.now(),
      newId: () => String(random.below(1_000_000_000)),
    }).then(
      () => this.#end(work, 'complete'),
      (error: unknown) => {
        if (!isRefusal(error)) this.#world.fail(error);
        this.#note(`${error}`);
        this.#end(work, 'refused');
      },
    );
  }

  #end(work: BackupAtWork<M>, end: Backup<M>['end']): void {
    if (work.isOver) return;
    work.isOver = true;
    work.backup.end = end;
    work.backup.after = this.#promised();
    this.#atWork = undefined;
    this.#note(`${work.backup.target} ${end === 'complete' ? 'is complete' : end}`);
  }

  #note(event: string): void {
    this.#world.trace.add('keeper', event);
  }
}

function isRefusal(error: unknown): boolean {
  return [DataDirectoryRefused, NoCutAnswer, BrokerGone, DiskFault].some((kind) => error instanceof kind);
}
