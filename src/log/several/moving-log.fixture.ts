/** One log of a broker with three data directories on a simulated disk, with a writer that closes and opens it again when it is to be moved. */
import assert from 'node:assert/strict';
import type { TestEnv } from '../../../sim/test-env.ts';
import { LocalLogEngine } from '../local/local-engine.ts';
import { appendTo, type BatchToAppend, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { LogId, LogSettings, PartitionLog } from '../log-engine.ts';
import type { MoveHost } from './log-moves.ts';
import { SeveralDirectories } from './several-directories.ts';

export const PATHS = ['a', 'b', 'c'] as const;

export const movedSettings: LogSettings = logSettings({
  segmentBytes: 400,
  indexIntervalBytes: 100,
  fileDeleteDelayMs: 0,
});

export async function startDirectories(env: TestEnv): Promise<SeveralDirectories> {
  return await SeveralDirectories.start({
    env,
    paths: PATHS,
    metadataPath: 'a',
    isMetadata: () => false,
    isCordoned: () => false,
    open: async (root, onFault) => {
      const engine = await LocalLogEngine.start({ env, root, checkpointIntervalMs: () => 60_000, onFault });
      return { directoryId: root.padEnd(22, '-'), engine, isThere: async () => true, close: () => engine.close() };
    },
  });
}

/** What was appended, over all lives of the process. */
export class LogHistory {
  readonly batches: Uint8Array[] = [];
  /** Everything below was acknowledged. */
  durableOffset = 0;
  startOffset = 0;
  /** To which the start is being moved. */
  wishedStart = 0;

  /** Each log of a life begins with this: nothing that was acknowledged is lost, and nothing is there twice or out of place (invariants I4 and I5). */
  async check(log: PartitionLog): Promise<void> {
    assert.ok(log.endOffset >= this.durableOffset, `lost: ends at ${log.endOffset}, not at ${this.durableOffset}`);
    assert.ok([this.startOffset, this.wishedStart].includes(log.startOffset), `it starts at ${log.startOffset}`);
    this.startOffset = log.startOffset;
    const found: string[] = [];
    await log.scan(log.startOffset, (batch) => found.push(Buffer.from(batch).toString('base64', 0, 61)));
    // A log start may lie within the first segment: the scan begins there.
    const wanted = this.batches.slice(log.startOffset, log.endOffset);
    assert.deepEqual(
      found,
      wanted.map((batch) => Buffer.from(batch).toString('base64', 0, 61)),
    );
    this.batches.length = log.endOffset;
    this.durableOffset = log.endOffset;
  }
}

export class MovingLog {
  readonly engine: SeveralDirectories;
  readonly id: LogId;
  readonly #env: TestEnv;
  readonly #history: LogHistory;
  #log: PartitionLog | undefined;
  /** Appends wait while the log is closed, as a partition's do. */
  #reopening: Promise<void> = Promise.resolve();

  private constructor(env: TestEnv, engine: SeveralDirectories, history: LogHistory) {
    this.#env = env;
    this.engine = engine;
    this.id = logId();
    this.#history = history;
  }

  static async start(env: TestEnv, history: LogHistory): Promise<MovingLog> {
    const moving = new MovingLog(env, await startDirectories(env), history);
    await moving.#open();
    await history.check(moving.log);
    return moving;
  }

  get log(): PartitionLog {
    assert.ok(this.#log !== undefined);
    return this.#log;
  }

  async #open(): Promise<void> {
    this.#log = await this.engine.open(this.id, movedSettings);
  }

  /** From now on the log is moved where that was wished. `pace` holds copies up. */
  startMoves(pace: MoveHost['pace'] = async () => {}): void {
    this.engine.startMoves({ pace, reopen: () => this.reopen() });
  }

  reopen(): Promise<void> {
    // Who wished the one before was told how it ended.
    const before = this.#reopening.catch(() => {});
    this.#reopening = before.then(async () => {
      const log = this.#log;
      this.#log = undefined;
      await log?.close();
      // A log that is closed tells nobody how far it came.
      log?.onProgress(undefined);
      await this.#open();
    });
    return this.#reopening;
  }

  /** Appends, and waits until it is durable. */
  async append(wanted: BatchToAppend = {}): Promise<void> {
    await this.#reopening;
    // A dead process takes no further step.
    if (this.#env.disk.dead) return new Promise(() => {});
    const { log } = this;
    this.#history.batches.push(Uint8Array.from(appendTo(log, wanted)));
    const { endOffset } = log;
    log.requestSync();
    await whenProgress(log, () => log.durableOffset >= endOffset);
    this.#history.durableOffset = Math.max(this.#history.durableOffset, endOffset);
  }

  async deleteBefore(offset: number): Promise<void> {
    await this.#reopening;
    this.#history.wishedStart = offset;
    await this.log.advanceStart(offset);
    this.#history.startOffset = offset;
  }

  async moveTo(path: string): Promise<void> {
    await this.#reopening;
    await this.engine.placing.placeAt(path)?.move(this.id);
  }

  /** The directories in which the log is, and those in which it will be. */
  async places(): Promise<{ readonly logs: readonly string[]; readonly futures: readonly string[] }> {
    const directories = await this.engine.directories();
    return {
      logs: directories.filter(({ logs }) => logs.length > 0).map(({ path }) => path),
      futures: directories.filter(({ futures }) => (futures ?? []).length > 0).map(({ path }) => path),
    };
  }

  async stop(): Promise<void> {
    await this.#reopening;
    await this.#log?.close();
    await this.engine.close();
  }
}

/** Directories of the log on the disk, whoever knows of them. */
export async function directoriesOnDisk({ disk }: TestEnv): Promise<readonly string[]> {
  const found: string[] = [];
  for (const root of PATHS) {
    for (const { name, kind } of await disk.list(root)) {
      if (kind !== 'directory' || name.endsWith('-delete')) continue;
      found.push(`${root}/${name.replace(/\.[0-9a-f]{32}/, '')}`);
    }
  }
  return found.sort();
}
