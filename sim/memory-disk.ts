/**
 * A disk in memory that forgets like a real one: `crash()` keeps what was synced and a seeded choice of the rest. Faults and crashes can
 * be put into any call. A process that was using the disk when it died never hears from it again; the next one gets `restarted()`.
 */
import type { Clock, Disk, DiskEntry, DiskFile, DiskLock, DiskSpace } from '../src/base/env.ts';
import { DiskFault, type DiskFaultKind } from '../src/base/faults.ts';
import { isFile, MemoryDirectory, type MemoryNode } from './memory-directory.ts';
import { MemoryFile } from './memory-file.ts';
import { SeededRandom } from './seeded-random.ts';

export interface DiskOperation {
  readonly kind: keyof Disk | keyof DiskFile;
  readonly path: string;
  /** Counts from 0 since the disk was made. */
  readonly sequence: number;
  readonly changes: boolean;
}

/** `fault`: the call fails (a write may have happened in part). `crash`: the power goes when the call has had its volatile effect. */
export type DiskVerdict = { kind: 'ok' } | { kind: 'fault'; fault: DiskFaultKind } | { kind: 'crash' };

export interface MemoryDiskOptions {
  readonly clock: Clock;
  readonly seed?: number;
}

/** What outlives a process, and what several on one machine share. */
interface Platter {
  readonly root: MemoryDirectory;
  readonly random: SeededRandom;
  /** By path: who has it, until he dies. */
  readonly locks: Map<string, MemoryDisk>;
  /** How often the power went. */
  losses: number;
}

const CHANGING = new Set<DiskOperation['kind']>([
  'open',
  'makeDirectory',
  'rename',
  'link',
  'remove',
  'removeTree',
  'syncDirectory',
  'write',
  'truncate',
  'sync',
]);

const allIsWell = (): DiskVerdict => ({ kind: 'ok' });

export class MemoryDisk implements Disk {
  /** Decides about each call as it comes. */
  judge: (operation: DiskOperation) => DiskVerdict = allIsWell;
  /** Delays a call's effect; the simulator orders concurrent calls with it. */
  pause: (operation: DiskOperation) => Promise<void> = async () => {};
  /** False: no file can have two names, as between two volumes. */
  sharesFiles = true;
  bytesTotal = 2_000_000_000_000;
  bytesFree = 1_000_000_000_000;

  readonly #clock: Clock;
  readonly #platter: Platter;
  readonly #lossesAtStart: number;
  #dead = false;
  #sequence = 0;

  constructor(options: MemoryDiskOptions, platter?: Platter) {
    this.#clock = options.clock;
    const random = new SeededRandom(options.seed ?? 1);
    this.#platter = platter ?? { root: new MemoryDirectory(), random, locks: new Map(), losses: 0 };
    this.#lossesAtStart = this.#platter.losses;
  }

  get operations(): number {
    return this.#sequence;
  }

  /** The power or the process that used the disk is gone. */
  get dead(): boolean {
    return this.#dead || this.crashed;
  }

  /** It was the power. */
  get crashed(): boolean {
    return this.#platter.losses > this.#lossesAtStart;
  }

  /** From now on each call that `hits` says fails with `fault`, and no other. */
  fail(fault: DiskFaultKind, hits: (operation: DiskOperation) => boolean): void {
    this.judge = (operation) => (hits(operation) ? { kind: 'fault', fault } : { kind: 'ok' });
  }

  /** No call fails any more. */
  heal(): void {
    this.judge = allIsWell;
  }

  /** The power goes, for every process that uses the disk. */
  crash(): void {
    this.#platter.losses += 1;
    this.#platter.root.crash(this.#platter.random);
  }

  /** The process dies, the machine lives on: everything that was handed to the disk stays, nothing under way returns. */
  kill(): void {
    this.#dead = true;
  }

  /** The same disk for the next process. */
  restarted(clock: Clock): MemoryDisk {
    this.kill();
    return new MemoryDisk({ clock }, this.#platter);
  }

  /** The same disk for another process on the machine. */
  alongside(): MemoryDisk {
    return new MemoryDisk({ clock: this.#clock }, this.#platter);
  }

  /** The file at `path` as it is read now. */
  file(path: string): MemoryFile | undefined {
    const node = this.#find(path);
    return node !== undefined && isFile(node) ? node : undefined;
  }

  /** The paths of all files below a directory, as they are now. */
  filesBelow(path: string): readonly string[] {
    const node = this.#find(path);
    if (node === undefined || isFile(node)) return [];
    return Array.from(node.names, ([name, child]) => {
      const childPath = `${path}/${name}`;
      return isFile(child) ? [childPath] : this.filesBelow(childPath);
    }).flat();
  }

  /** Runs one call. `effect` is what it does to the disk. */
  async run<T>(kind: DiskOperation['kind'], path: string, effect: (verdict: DiskVerdict) => T): Promise<T> {
    if (this.dead) return never();
    const operation = { kind, path, sequence: this.#sequence, changes: CHANGING.has(kind) };
    this.#sequence += 1;
    await this.pause(operation);
    if (this.dead) return never();
    const verdict = this.judge(operation);
    if (verdict.kind === 'fault' && kind !== 'write' && kind !== 'sync') throw fault(verdict.fault, kind, path);
    if (verdict.kind === 'crash') return this.#crashIn(() => effect(verdict));
    const result = effect(verdict);
    if (verdict.kind === 'fault') throw fault(verdict.fault, kind, path);
    await undefined;
    return this.dead ? never() : result;
  }

  #crashIn(effect: () => unknown): Promise<never> {
    try {
      effect();
    } catch {
      // Nobody is left to be told.
    }
    this.crash();
    return never();
  }

  open(path: string, mode: 'create' | 'existing' | 'readOnly'): Promise<DiskFile> {
    return this.run('open', path, () => {
      const { directory, name } = this.#parent(path, 'open');
      let node = directory.names.get(name);
      if (node === undefined && mode === 'create') {
        node = new MemoryFile();
        node.modifiedMs = this.#clock.now();
        directory.set(name, node);
      }
      if (node === undefined || !isFile(node)) throw fault('absent', 'open', path);
      return new MemoryDiskFile(this, node, { path, clock: this.#clock, random: this.#platter.random });
    });
  }

  list(path: string): Promise<readonly DiskEntry[]> {
    return this.run('list', path, () => {
      const node = this.#find(path);
      if (node === undefined || isFile(node)) throw fault('absent', 'list', path);
      return Array.from(node.names, ([name, child]) => entryOf(name, child));
    });
  }

  stat(path: string): Promise<DiskEntry | undefined> {
    return this.run('stat', path, () => {
      const node = this.#find(path);
      return node === undefined ? undefined : entryOf(path.slice(path.lastIndexOf('/') + 1), node);
    });
  }

  makeDirectory(path: string): Promise<void> {
    return this.run('makeDirectory', path, () => {
      let directory = this.#platter.root;
      for (const name of namesOf(path)) {
        const child = directory.names.get(name) ?? new MemoryDirectory();
        if (isFile(child)) throw fault('io', 'makeDirectory', path);
        if (!directory.names.has(name)) directory.set(name, child);
        directory = child;
      }
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('rename', from, () => {
      const source = this.#parent(from, 'rename');
      const target = this.#parent(to, 'rename');
      if (!source.directory.names.has(source.name)) throw fault('absent', 'rename', from);
      if (source.directory !== target.directory) throw fault('io', 'rename between directories', from);
      source.directory.rename(source.name, target.name);
    });
  }

  link(from: string, to: string): Promise<boolean> {
    return this.run('link', from, () => {
      const node = this.#find(from);
      if (node === undefined || !isFile(node)) throw fault('absent', 'link', from);
      const { directory, name } = this.#parent(to, 'link');
      if (directory.names.has(name)) throw fault('io', 'link', to);
      if (this.sharesFiles) directory.set(name, node);
      return this.sharesFiles;
    });
  }

  remove(path: string): Promise<void> {
    return this.run('remove', path, () => this.#unlink(path));
  }

  removeTree(path: string): Promise<void> {
    return this.run('removeTree', path, () => this.#unlink(path));
  }

  /** What is not there, or not even its directory, need not be removed: so says `rm -f`. */
  #unlink(path: string): void {
    if (this.#find(path) === undefined) return;
    const { directory, name } = this.#parent(path, 'remove');
    directory.remove(name);
  }

  syncDirectory(path: string): Promise<void> {
    const node = this.#find(path);
    const finish = node === undefined || isFile(node) ? undefined : node.beginSync();
    return this.run('syncDirectory', path, () => {
      if (finish === undefined) throw fault('absent', 'syncDirectory', path);
      finish();
    });
  }

  space(path: string): Promise<DiskSpace> {
    return this.run('space', path, () => ({ totalBytes: this.bytesTotal, usableBytes: this.bytesFree }));
  }

  async lock(path: string): Promise<DiskLock | undefined> {
    const { locks } = this.#platter;
    const owner = locks.get(path);
    if (owner !== undefined && !owner.dead) return undefined;
    locks.set(path, this);
    return { release: async () => void locks.delete(path) };
  }

  #find(path: string): MemoryNode | undefined {
    return this.#follow(namesOf(path));
  }

  #follow(names: readonly string[]): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#platter.root;
    for (const name of names) {
      if (node === undefined || isFile(node)) return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  #parent(path: string, operation: string): { directory: MemoryDirectory; name: string } {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    const node = this.#follow(names);
    if (node === undefined || isFile(node)) throw fault('absent', operation, path);
    return { directory: node, name };
  }
}

class MemoryDiskFile implements DiskFile {
  readonly #disk: MemoryDisk;
  readonly #file: MemoryFile;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #random: SeededRandom;

  constructor(disk: MemoryDisk, file: MemoryFile, at: { path: string; clock: Clock; random: SeededRandom }) {
    this.#disk = disk;
    this.#file = file;
    this.#path = at.path;
    this.#clock = at.clock;
    this.#random = at.random;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#disk.run('read', this.#path, () => this.#file.read(target, position));
  }

  write(parts: readonly Uint8Array[], position: number): Promise<void> {
    return this.#disk.run('write', this.#path, (verdict) => {
      const bytes = Buffer.concat(parts);
      const taken = verdict.kind === 'fault' ? this.#random.below(bytes.byteLength + 1) : bytes.byteLength;
      this.#file.write(position, bytes.subarray(0, taken));
      this.#file.modifiedMs = this.#clock.now();
    });
  }

  truncate(bytes: number): Promise<void> {
    return this.#disk.run('truncate', this.#path, () => this.#file.truncate(bytes));
  }

  sync(): Promise<void> {
    const finish = this.#file.beginSync();
    return this.#disk.run('sync', this.#path, (verdict) => {
      if (verdict.kind === 'ok') finish();
      if (verdict.kind === 'fault') this.#file.failSync();
    });
  }

  size(): Promise<number> {
    return this.#disk.run('size', this.#path, () => this.#file.bytes);
  }

  close(): Promise<void> {
    return this.#disk.run('close', this.#path, () => {});
  }
}

function entryOf(name: string, node: MemoryNode): DiskEntry {
  return isFile(node)
    ? { name, kind: 'file', bytes: node.bytes, modifiedMs: node.modifiedMs }
    : { name, kind: 'directory', bytes: 0, modifiedMs: 0 };
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function fault(kind: DiskFaultKind, operation: string, path: string): DiskFault {
  return new DiskFault({ kind, operation, path });
}

function never(): Promise<never> {
  return new Promise(() => {});
}
