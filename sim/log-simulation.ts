/**
 * One seeded life of a data directory: a few partitions, random appends, syncs, deletions, compactions and reads, and stops of every kind: clean, killed,
 * power loss in the middle of any call, failed writes and syncs. After each restart the checker compares what is there with what was
 * promised. The same seed gives the same life.
 */
import assert from 'node:assert/strict';
import type { Disk, Env } from '../src/base/env.ts';
import { DiskFault } from '../src/base/faults.ts';
import { appendedBatch } from '../src/log/appended-batch.ts';
import { keyMap } from '../src/log/compaction/compaction.fixture.ts';
import { JOURNAL } from '../src/log/local/file-names.ts';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { batchAt, logId, logSettings } from '../src/log/log.fixture.ts';
import type { AppendedBatch, LogSettings, PartitionLog } from '../src/log/log-engine.ts';
import { LogClosed, LogFull } from '../src/log/log-faults.ts';
import { buildBatch } from '../src/protocol/batch/build.ts';
import { hasProducerId, lastOffset, lastSequence, producerId } from '../src/protocol/batch/header.ts';
import { CompactedContent } from './compacted-content.ts';
import { LogModel } from './log-model.ts';
import { MemoryDisk } from './memory-disk.ts';
import { SeededRandom } from './seeded-random.ts';
import { testEnv } from './test-env.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

/** With a handful of them that wait at the same time, syncs go through the journal. */
const PARTITIONS_MAX = 7;
const RESTARTS = 4;
const ROOT = 'data';
/** Every so many lives the logs are compacted ones. */
const COMPACTED_EVERY = 3;
const DELETE_RETENTION_MS = 2_000;

export interface SimulationReport {
  readonly trace: readonly string[];
  readonly stops: readonly string[];
}

/** `disguise` puts something between the engine and its disk: a bug, to see whether the simulation finds it. */
export async function simulateLog(
  seed: number,
  disguise: (disk: Disk) => Disk = (disk) => disk,
): Promise<SimulationReport> {
  const simulation = new LogSimulation(seed, disguise);
  try {
    await simulation.run();
  } catch (error) {
    const lines = simulation.trace.slice(-60).join('\n');
    throw new Error(`seed ${seed} failed; npm run sim -- --seed ${seed} replays it\n${lines}`, { cause: error });
  }
  return simulation;
}

interface OpenPartition {
  readonly log: PartitionLog;
  readonly model: LogModel;
  fault: Error | undefined;
  /** The one that is under way. Never rejects. */
  compaction: Promise<void> | undefined;
}

class LogSimulation implements SimulationReport {
  readonly trace: string[] = [];
  readonly stops: string[] = [];
  readonly #random: SeededRandom;
  readonly #settings: LogSettings;
  readonly #isCompacted: boolean;
  /** Of a compaction, which goes on beside the steps; not one that the disk has caused. */
  #failure: { readonly error: unknown } | undefined;
  readonly #disguise: (disk: Disk) => Disk;
  readonly #recentBatchBytes: number;
  readonly #journalFileBytes: number;
  readonly #models: readonly LogModel[];
  #clock = new VirtualClock();
  #disk: MemoryDisk;
  #leaderEpoch = -1;

  constructor(seed: number, disguise: (disk: Disk) => Disk) {
    this.#disguise = disguise;
    this.#random = new SeededRandom(seed);
    this.#disk = new MemoryDisk({ clock: this.#clock, seed });
    const random = this.#random;
    this.#isCompacted = seed % COMPACTED_EVERY === 0;
    const newModel = () => new LogModel(this.#isCompacted ? new CompactedContent(DELETE_RETENTION_MS) : undefined);
    this.#models = Array.from({ length: random.chance(0.4) ? 2 : PARTITIONS_MAX }, newModel);
    this.#recentBatchBytes = random.chance(0.3) ? 0 : 1_000_000;
    this.#journalFileBytes = random.between(1_000, 30_000);
    this.#settings = logSettings({
      segmentBytes: random.between(300, 6_000),
      indexIntervalBytes: random.between(0, 600),
      retentionBytes: random.chance(0.3) ? random.between(500, 5_000) : -1,
      fileDeleteDelayMs: random.chance(0.5) ? 0 : 60_000,
      ...(this.#isCompacted ? compactedSettings(random) : {}),
    });
  }

  async run(): Promise<void> {
    for (let life = 0; life < RESTARTS; life += 1) {
      await this.#live();
      this.#clock = new VirtualClock(this.#clock.now());
      this.#disk = this.#disk.restarted(this.#clock);
    }
  }

  /** From one start of the engine to its end, whatever that is. */
  async #live(): Promise<void> {
    this.#leaderEpoch += 1;
    const dies = this.#random.chance(0.7);
    if (dies && this.#isCompacted && this.#random.chance(0.5)) this.#dieInSwap(this.#random.below(3));
    else if (dies) this.#dieAt(this.#random.below(this.#random.chance(0.3) ? 30 : 400));
    this.#disk.pause = () => this.#turns(this.#random.below(3));
    const disk = this.#disk;
    const ended = await this.#unlessDead(async () => {
      const engine = await LocalLogEngine.start({
        env: this.#env(),
        root: ROOT,
        checkpointIntervalMs: () => 1_000,
        recentBatchBytes: this.#recentBatchBytes,
        journalFileBytes: this.#journalFileBytes,
      });
      const partitions: OpenPartition[] = [];
      for (const index of this.#models.keys()) partitions.push(await this.#open(engine, index));
      const steps = this.#random.between(5, 60);
      for (let step = 0; step < steps; step += 1) {
        // A dead process takes no further step.
        if (disk.dead) return new Promise(() => {});
        await this.#step(engine, partitions);
      }
      await this.#stopCleanly(engine, partitions);
    });
    if (!ended) for (const model of this.#models) model.stopped(this.#disk.crashed ? 'power' : 'killed');
  }

  #env(): Env {
    return { ...testEnv(), clock: this.#clock, timers: this.#clock, disk: this.#disguise(this.#disk) };
  }

  #dieAt(sequence: number): void {
    const power = this.#random.chance(0.6);
    this.#disk.judge = (operation) => {
      if (operation.sequence < sequence) return { kind: 'ok' };
      this.#note(`${power ? 'power loss' : 'kill'} at ${operation.kind} ${operation.path}`);
      if (!power) this.#disk.kill();
      return power ? { kind: 'crash' } : { kind: 'ok' };
    };
  }

  /** At one of the calls of a swap or soon after, when so many swaps have begun before. */
  #dieInSwap(swapsBefore: number): void {
    const calls = this.#random.below(30);
    let swaps = 0;
    this.#disk.judge = ({ kind, path, sequence }) => {
      if (kind === 'rename' && path.endsWith('.log.cleaned')) swaps += 1;
      if (swaps > swapsBefore) this.#dieAt(sequence + calls);
      return { kind: 'ok' };
    };
  }

  /** False when the process died before `life` was over. */
  async #unlessDead(life: () => Promise<void>): Promise<boolean> {
    let over = false;
    let failure: { readonly error: unknown } | undefined;
    life().then(
      () => {
        over = true;
      },
      (error: unknown) => {
        failure = { error };
      },
    );
    for (let turn = 0; !over; turn += 1) {
      await this.#turns(1);
      failure ??= this.#failure;
      if (failure !== undefined) throw failure.error;
      if (this.#disk.dead && turn > 0) {
        this.stops.push(this.#disk.crashed ? 'power' : 'kill');
        return false;
      }
    }
    this.stops.push('clean');
    return true;
  }

  async #open(engine: LocalLogEngine, index: number): Promise<OpenPartition> {
    const model = this.#models[index] ?? new LogModel();
    const log = await engine.open(logId({ partition: index }), this.#settings);
    this.#note(`open ${index}: ${log.startOffset}..${log.endOffset} durable ${log.durableOffset}`);
    const partition: OpenPartition = { log, model, fault: undefined, compaction: undefined };
    model.opened(log);
    log.onProgress = (fault) => {
      partition.fault ??= fault;
      model.progress(log);
    };
    await model.check(log, this.#clock.now());
    return partition;
  }

  async #step(engine: LocalLogEngine, partitions: OpenPartition[]): Promise<void> {
    const index = this.#random.below(partitions.length);
    const partition = partitions[index];
    assert(partition !== undefined);
    if (partition.fault !== undefined) {
      await this.#reopen(engine, partitions, index);
      return;
    }
    const { log, model } = partition;
    if (this.#isCompacted && this.#random.chance(0.2)) {
      this.#compact(partition, index);
      return;
    }
    const dice = this.#random.next();
    if (dice < 0.25) this.#append(partition, index);
    else if (dice < 0.45) this.#appendToAll(partitions);
    else if (dice < 0.55) log.requestSync();
    else if (dice < 0.6) log.requestWrite();
    else if (dice < 0.72) await settle(this.#random.between(1, 6));
    else if (dice < 0.78) await model.checkRead(log, this.#random);
    else if (dice < 0.84) await this.#orFault(partition, () => this.#deleteRecords(partition, index));
    else if (dice < 0.88) await this.#orFault(partition, () => this.#retain(partition));
    else if (dice < 0.93)
      await this.#clock.advance(this.#random.between(100, this.#random.chance(0.1) ? 60_000 : 3_000));
    else if (dice < 0.97) await this.#reopen(engine, partitions, index);
    else this.#failNext();
  }

  /** A crowd that waits for the disk at the same time. */
  #appendToAll(partitions: readonly OpenPartition[]): void {
    for (const [index, partition] of partitions.entries()) {
      if (partition.fault !== undefined || this.#random.chance(0.1)) continue;
      this.#append(partition, index, 2);
      partition.log.requestSync();
    }
  }

  #append({ log, model }: OpenPartition, index: number, countMax = 5): void {
    const random = this.#random;
    for (let count = random.between(1, countMax); count > 0; count -= 1) {
      const batch = this.#isCompacted ? this.#keyedBatch(log, model) : this.#batch(log);
      try {
        log.append(batch);
      } catch (error) {
        // A log on a disk that said so a moment ago refuses, and has done nothing.
        if (!(error instanceof LogFull)) throw error;
        break;
      }
      model.appended(batch);
    }
    this.#note(`append ${index} up to ${log.endOffset}`);
  }

  #batch(log: PartitionLog): AppendedBatch {
    const random = this.#random;
    return batchAt(log.endOffset, {
      records: random.between(1, 4),
      timestamp: 1_700_000_000_000 + random.below(1_000),
      leaderEpoch: this.#leaderEpoch,
      valueBytes: random.chance(0.1) ? random.between(500, 9_000) : random.between(0, 100),
    });
  }

  /** Few keys, some tombstones, and every other batch of one of two idempotent producers. */
  #keyedBatch({ endOffset }: PartitionLog, model: LogModel): AppendedBatch {
    const random = this.#random;
    const records = Array.from({ length: random.between(1, 4) }, (_, index) => ({
      timestamp: 1_700_000_000_000 + random.below(1_000),
      key: Buffer.from(`key${random.below(6)}`),
      value: random.chance(0.3) ? null : Buffer.alloc(random.between(20, 100), `value at ${endOffset + index} `),
    }));
    const id = random.below(4);
    const last = model.lastOf(id);
    const baseSequence = last === undefined ? 0 : lastSequence(last.bytes) + 1;
    const producer = id < 2 ? { producerId: id, producerEpoch: 0, baseSequence } : {};
    const at = { baseOffset: endOffset, partitionLeaderEpoch: this.#leaderEpoch };
    return appendedBatch(buildBatch({ records, ...at, ...producer }));
  }

  /** Begins a compaction, which goes on while other steps are taken; one that is under way may be ended. */
  #compact(partition: OpenPartition, index: number): void {
    const { log, model } = partition;
    if (partition.compaction !== undefined) return;
    const random = this.#random;
    const upTo = log.durableOffset;
    model.compactionBegins(upTo, this.#clock.now());
    const abort = new AbortController();
    const endsAfter = random.chance(0.1) ? random.below(6) : Number.POSITIVE_INFINITY;
    let paces = 0;
    const request = {
      upTo,
      keys: keyMap(random.chance(0.3) ? random.between(1, 200) : undefined),
      isLastOfProducer: (batch: Uint8Array) =>
        hasProducerId(batch) && model.lastOf(producerId(batch), log.durableOffset)?.lastOffset === lastOffset(batch),
      pace: async () => {
        paces += 1;
        if (paces > endsAfter) abort.abort();
        await this.#turns(random.below(3));
      },
      signal: abort.signal,
    };
    this.#note(`compaction of ${index} up to ${upTo} begins`);
    const end = (line: string): void => {
      partition.compaction = undefined;
      this.#note(`compaction of ${index} ${line}`);
    };
    partition.compaction = log.compact(request).then(
      (result) =>
        end(result === undefined ? 'has ended early' : `leaves ${result.bytesAfter} of ${result.bytesBefore}`),
      (error: unknown) => {
        if (!(error instanceof DiskFault || error instanceof LogClosed)) this.#failure = { error };
        end('has failed');
      },
    );
  }

  async #deleteRecords({ log, model }: OpenPartition, index: number): Promise<void> {
    const offset = this.#random.between(log.startOffset, Math.max(log.startOffset, log.durableOffset));
    model.startWanted(offset);
    await log.advanceStart(offset);
    model.startPromised(log.startOffset);
    this.#note(`start of ${index} moved to ${offset}`);
  }

  async #retain({ log, model }: OpenPartition): Promise<void> {
    model.startWanted(log.durableOffset);
    await log.applyRetention(log.durableOffset);
  }

  /** One of the next writes or syncs fails. */
  #failNext(): void {
    const judge = this.#disk.judge;
    const kinds = this.#isCompacted ? (['write', 'sync', 'rename'] as const) : (['write', 'sync'] as const);
    const kind = kinds[this.#random.below(kinds.length)];
    let done = false;
    this.#disk.judge = (operation) => {
      const verdict = judge(operation);
      if (done || verdict.kind !== 'ok' || this.#disk.dead) return verdict;
      if (operation.kind !== kind || !canFail(operation.path)) return verdict;
      done = true;
      this.#note(`fault at ${operation.kind} ${operation.path}`);
      return { kind: 'fault', fault: kind === 'write' && this.#random.chance(0.5) ? 'full' : 'io' };
    };
  }

  async #orFault(partition: OpenPartition, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (partition.fault === undefined) throw error;
    }
  }

  async #reopen(engine: LocalLogEngine, partitions: OpenPartition[], index: number): Promise<void> {
    const partition = partitions[index];
    assert(partition !== undefined);
    await this.#close(partition);
    this.#note(`close ${index}${partition.fault === undefined ? '' : ' after a fault'}`);
    partitions[index] = await this.#openAtLast(engine, index);
  }

  async #close(partition: OpenPartition): Promise<void> {
    await partition.log.close().catch((error: Error) => {
      partition.fault = error;
    });
    partition.model.progress(partition.log);
    partition.model.stopped(partition.fault === undefined ? 'clean' : 'fault');
  }

  /** The faults that were put into the disk may hit the opening; each of them comes once. */
  async #openAtLast(engine: LocalLogEngine, index: number): Promise<OpenPartition> {
    for (;;) {
      try {
        return await this.#open(engine, index);
      } catch (error) {
        if (!(error instanceof DiskFault)) throw error;
        this.#note(`opening ${index} failed`);
      }
    }
  }

  async #stopCleanly(engine: LocalLogEngine, partitions: readonly OpenPartition[]): Promise<void> {
    for (const partition of partitions) await this.#close(partition);
    await engine.close();
    this.#note('stop');
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  #note(line: string): void {
    this.trace.push(line);
  }
}

function compactedSettings(random: SeededRandom): Partial<LogSettings> {
  return {
    cleanupPolicy: random.chance(0.7) ? ['compact'] : ['compact', 'delete'],
    deleteRetentionMs: DELETE_RETENTION_MS,
    segmentBytes: random.between(300, 2_000),
  };
}

/** A fault here ends a log, or a compaction that is tried again. */
function canFail(path: string): boolean {
  return /\.log(\.cleaned|\.swap)?$/.test(path) || path.includes(JOURNAL);
}
