/**
 * What a power loss leaves of a real process's data directory. A recorder in the process tells which calls it made; they are replayed on the simulator's model
 * of what POSIX promises, which then loses its power, and the directory is written anew as the model has it. The record must explain every byte that the process
 * has left: a call that bypasses the recorder is an error, not a gap in the test.
 */
import { spawnSync } from 'node:child_process';
import { constants, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFile, MemoryDirectory, type MemoryNode } from '../../sim/memory-directory.ts';
import { MemoryFile } from '../../sim/memory-file.ts';
import type { SeededRandom } from '../../sim/seeded-random.ts';
import { type Call, readCallRecord } from './call-record.ts';

const SOURCE = fileURLToPath(new URL('./record-calls.c', import.meta.url));

/** Why it cannot be done here, or false. */
export function whyNoPowerLoss(): string | false {
  if (process.platform !== 'linux') return 'a power loss of a real process needs LD_PRELOAD (Linux)';
  return spawnSync('cc', ['--version']).status === 0 ? false : 'a power loss of a real process needs a C compiler (cc)';
}

export class StableStorage implements AsyncDisposable {
  readonly #folder: string;
  readonly #random: SeededRandom;
  /** What was in the directory when the process that runs was started. */
  #before = new MemoryDirectory();

  static async make(random: SeededRandom): Promise<StableStorage> {
    const storage = new StableStorage(await mkdtemp(join(tmpdir(), 'ottla-record-')), random);
    const compiler = ['-Wall', '-O1', '-shared', '-fPIC', '-o', storage.#recorder, SOURCE, '-ldl', '-lpthread'];
    const { status, stderr } = spawnSync('cc', compiler, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the recorder does not compile: ${stderr}`);
    return storage;
  }

  private constructor(folder: string, random: SeededRandom) {
    this.#folder = folder;
    this.#random = random;
  }

  get #recorder(): string {
    return join(this.#folder, 'record-calls.so');
  }

  get #record(): string {
    return join(this.#folder, 'record');
  }

  /** For the processes that have their files below `root`, of which the first finds it empty. */
  environment(root: string): Readonly<Record<string, string>> {
    // The kernel's ring of I/O requests would bypass the recorder.
    return { LD_PRELOAD: this.#recorder, RECORD_ROOT: root, RECORD_TO: this.#record, UV_USE_IO_URING: '0' };
  }

  /** The process is dead: leaves in `root` what stable storage may hold. */
  async losePower(root: string): Promise<void> {
    const record = existsSync(this.#record) ? readFileSync(this.#record) : Buffer.alloc(0);
    const { calls, inDoubt } = readCallRecord(record);
    const replay = new Replay(root, this.#before);
    for (const call of calls) replay.apply(call);
    const doubtful = inDoubt === undefined ? [] : replay.pathsOf(inDoubt);
    checkSame(await contentsOf(root), replay.contents(), doubtful);
    replay.root.crash(this.#random);
    await rm(root, { recursive: true });
    await writeTree(root, replay.root);
    this.#before = await durable(root);
    await rm(this.#record, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

class Replay {
  readonly root: MemoryDirectory;
  readonly #path: string;
  /** What the process has open: a name may lead to something else by now. */
  readonly #open = new Map<number, { readonly node: MemoryNode; readonly path: string }>();
  readonly #syncs = new Map<number, () => void>();

  constructor(path: string, root: MemoryDirectory) {
    this.#path = path;
    this.root = root;
  }

  apply(call: Call): void {
    switch (call.kind) {
      case 'open':
        this.#opened(call);
        break;
      case 'write':
        this.#file(call.fd).write(call.position, call.bytes);
        break;
      case 'truncate':
        this.#file(call.fd).truncate(call.bytes);
        break;
      case 'begin-sync':
        this.#syncs.set(call.number, this.#node(call.fd).beginSync());
        break;
      case 'end-sync':
        this.#syncs.get(call.number)?.();
        break;
      case 'rename':
        this.#renamed(call.path, call.to);
        break;
      case 'remove':
        this.#parentOf(call.path).remove(nameOf(call.path));
        break;
      case 'makeDirectory':
        this.#parentOf(call.path).set(nameOf(call.path), new MemoryDirectory());
        break;
    }
  }

  /** Which names a call concerns. */
  pathsOf(call: Call): readonly string[] {
    const paths = 'path' in call ? [call.path] : [this.#open.get(call.fd)?.path ?? ''];
    return (call.kind === 'rename' ? [...paths, call.to] : paths).map((path) => relative(this.#path, path));
  }

  contents(): ReadonlyMap<string, Buffer> {
    return new Map(contentsIn(this.root, ''));
  }

  #opened({ path, flags, fd }: Extract<Call, { kind: 'open' }>): void {
    let node = this.#find(path);
    if (node === undefined) {
      if ((flags & constants.O_CREAT) === 0) throw new Error(`the record does not explain ${path}`);
      node = new MemoryFile();
      this.#parentOf(path).set(nameOf(path), node);
    } else if ((flags & constants.O_TRUNC) !== 0 && isFile(node)) node.truncate(0);
    this.#open.set(fd, { node, path });
  }

  #renamed(from: string, to: string): void {
    const parent = this.#parentOf(from);
    if (parent !== this.#parentOf(to)) throw new Error(`${from} moves into another directory`);
    parent.rename(nameOf(from), nameOf(to));
  }

  #node(fd: number): MemoryNode {
    const open = this.#open.get(fd);
    if (open === undefined) throw new Error(`the record does not explain the file descriptor ${fd}`);
    return open.node;
  }

  #file(fd: number): MemoryFile {
    const node = this.#node(fd);
    if (!isFile(node)) throw new Error('a directory was written to');
    return node;
  }

  #find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.root;
    for (const name of relative(this.#path, resolve(path)).split('/')) {
      if (name === '') continue;
      node = node === undefined || isFile(node) ? undefined : node.names.get(name);
    }
    return node;
  }

  #parentOf(path: string): MemoryDirectory {
    const parent = this.#find(dirname(resolve(path)));
    if (parent === undefined || isFile(parent)) throw new Error(`the record does not explain the directory of ${path}`);
    return parent;
  }
}

function nameOf(path: string): string {
  return resolve(path).split('/').at(-1) ?? '';
}

function checkSame(
  found: ReadonlyMap<string, Buffer>,
  replayed: ReadonlyMap<string, Buffer>,
  doubtful: readonly string[],
): void {
  for (const path of new Set([...found.keys(), ...replayed.keys()])) {
    if (doubtful.some((name) => path === name || path.startsWith(`${name}/`))) continue;
    const [one, other] = [found.get(path), replayed.get(path)];
    if (one === undefined || other === undefined || !one.equals(other)) {
      throw new Error(
        `the recorder has missed a call: ${path} has ${one?.byteLength} bytes, ${other?.byteLength} by it`,
      );
    }
  }
}

function* contentsIn(directory: MemoryDirectory, path: string): Generator<[string, Buffer], void, undefined> {
  for (const [name, node] of directory.names) {
    if (isFile(node)) yield [join(path, name), bytesOf(node)];
    else yield* contentsIn(node, join(path, name));
  }
}

function bytesOf(file: MemoryFile): Buffer {
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return bytes;
}

async function contentsOf(root: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(paths.map(async (path) => [relative(root, path), await readFile(path)] as const)));
}

async function durable(path: string): Promise<MemoryDirectory> {
  const directory = new MemoryDirectory();
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    directory.set(entry.name, entry.isDirectory() ? await durable(child) : await durableFile(child));
  }
  directory.beginSync()();
  return directory;
}

async function durableFile(path: string): Promise<MemoryFile> {
  const file = new MemoryFile();
  file.write(0, await readFile(path));
  file.beginSync()();
  return file;
}

async function writeTree(path: string, directory: MemoryDirectory): Promise<void> {
  await mkdir(path);
  for (const [name, node] of directory.names) {
    if (isFile(node)) await writeFile(join(path, name), bytesOf(node));
    else await writeTree(join(path, name), node);
  }
}
