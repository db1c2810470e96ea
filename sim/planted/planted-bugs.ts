/**
 * Bugs that are planted into the broker's source to see whether the simulator finds them: one wrong line each, of the kind that slips through a review. The
 * product knows nothing of them; `plant.ts` changes the text while it is loaded.
 */

import type { MoodName } from '../world/mood.ts';

export interface PlantedBug {
  readonly name: string;
  /** The kind of world in which it must show. Default: a broker with clients of every kind but transactional ones. */
  readonly world?: 'transactions';
  /** Below `src/`. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
  /** Of the worlds, where it is rare in others. */
  readonly mood?: MoodName;
  /** Worlds within which it must be found. */
  readonly seeds: number;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a sync is skipped',
    file: 'log/local/log-syncer.ts',
    find: 'await this.#host.files.use(segment.log, (handle) => handle.sync());',
    replace: '',
    seeds: 20,
  },
  {
    name: 'what is written during a sync counts as synced',
    file: 'log/local/log-syncer.ts',
    find: 'this.#moveDurable(writtenOffset);',
    replace: 'this.#moveDurable(this.#writtenOffset);',
    seeds: 20,
  },
  {
    name: 'the sync of a directory is skipped',
    file: 'log/local/log-syncer.ts',
    find: 'await this.#log.directory.sync();',
    replace: '',
    seeds: 20,
  },
  {
    name: 'an acknowledgement comes before the sync',
    file: 'partition/partition.ts',
    find: 'this.#syncsFirst ? durableOffset : writtenOffset',
    replace: 'writtenOffset',
    seeds: 20,
  },
  {
    name: 'a torn tail is kept',
    mood: 'hasty',
    file: 'log/local/recover-segment.ts',
    find: ' && hasValidCrc(batch)',
    replace: '',
    seeds: 60,
  },
  {
    name: 'the window of an idempotent producer is forgotten by a restart',
    file: 'partition/producer-snapshot.ts',
    find: 'state.restore(saved.producers)',
    replace: 'state.restore([])',
    mood: 'broken',
    seeds: 60,
  },
  {
    name: 'a duplicate is not noticed',
    file: 'partition/producer-state.ts',
    find: "if (known !== undefined) return { kind: 'duplicate', batch: known };",
    replace: '',
    seeds: 20,
  },
  {
    name: 'committed offsets are answered before they are durable',
    file: 'coordinator/shard.ts',
    find: 'return this.#log.highWatermark >= this.#endOffset;',
    replace: 'return true;',
    seeds: 60,
  },
  {
    name: 'a commit of an older generation is taken',
    file: 'coordinator/group/offsets/commit-offsets.ts',
    find: 'if (generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION;',
    replace: '',
    mood: 'common',
    seeds: 60,
  },
  {
    name: "a log's start is acknowledged before it is saved",
    file: 'log/local/log-start.ts',
    find: `await this.#host.saveStart(this.#log.id, offset);
    this.#begin(offset);`,
    replace: 'this.#begin(offset); void this.#host.saveStart(this.#log.id, offset).catch(() => {});',
    mood: 'forgetful',
    seeds: 60,
  },
  {
    name: 'a checkpoint comes too early',
    file: 'log/local/log-syncer.ts',
    find: `    const oldest = this.#unsynced[0];
    return oldest !== undefined && this.#unsynced.length > 1
      ? Math.min(this.#syncedOffset, oldest.baseOffset)
      : this.#syncedOffset;`,
    replace: '    return this.#writtenOffset;',
    mood: 'hasty',
    seeds: 30,
  },
  {
    name: 'an index is trusted blindly',
    file: 'log/local/segment-reader.ts',
    find: 'if (expectedLastOffset !== undefined) checkIndexed(chunk, expectedLastOffset);',
    replace: '',
    seeds: 20,
  },
  {
    name: 'a start is believed although it could not be saved',
    file: 'log/local/log-start.ts',
    find: `await this.#host.saveStart(this.#log.id, offset);
    this.#begin(offset);`,
    replace: 'await this.#host.saveStart(this.#log.id, offset).finally(() => this.#begin(offset));',
    mood: 'forgetful',
    seeds: 60,
  },
  {
    name: 'a log that is moved leaves its start behind',
    file: 'log/local/move/log-transfers.ts',
    find: 'if (state.startOffset > 0) await this.#checkpoints.saveStart(name, state.startOffset);',
    replace: '',
    mood: 'scattered',
    seeds: 20,
  },
  {
    name: 'a log of a directory that is away is made anew in another',
    file: 'log/several/several-directories.ts',
    find: 'if (directory === undefined) throw',
    replace: 'if (false) throw',
    mood: 'scattered',
    seeds: 30,
  },
  {
    name: 'a change of the metadata is answered before it is durable',
    file: 'metadata/engine-metadata-log.ts',
    find: 'log.requestWrite();\n        return durable;',
    replace: 'log.requestWrite();\n        void durable.catch(() => {});',
    mood: 'hasty',
    seeds: 60,
  },
  {
    name: 'a setting that is changed again stays as it was',
    file: 'metadata/live-configs.ts',
    find: 'else settings.set(name, value);',
    replace: 'else if (!settings.has(name)) settings.set(name, value);',
    seeds: 40,
  },
  {
    name: 'the largest timestamp is that of the last batch',
    file: 'log/local/segment.ts',
    find: 'if (batch.maxTimestamp > this.maxTimestamp) {',
    replace: 'if (true) {',
    seeds: 20,
  },
  {
    name: 'a marker is written before the decision is durable',
    world: 'transactions',
    file: 'coordinator/transaction/transaction-state.ts',
    find: 'this.#decisions.carryOut(transaction, isDurable.promise);',
    replace: 'this.#decisions.carryOut(transaction, Promise.resolve(true));',
    // The coordinator's log cannot be written or synced, or the process dies, where a part of the markers is there, and the client does not ask again: rare in all
    // moods. It shows in 7 of 300 broken worlds, in 1 of 120 hasty ones; neither slower syncs nor several directories nor wider transactions show it more cheaply.
    mood: 'broken',
    seeds: 200,
  },
  {
    name: 'decisions are not carried out after a restart',
    world: 'transactions',
    file: 'coordinator/transaction/transaction-state.ts',
    find: 'if (isDecided(transaction)) this.#handOver(turn, transaction);',
    replace: ';',
    seeds: 20,
  },
  {
    name: 'a zombie that ends a transaction again is not fenced',
    world: 'transactions',
    file: 'coordinator/transaction/end-transaction.ts',
    find: 'if (current.producerEpoch !== producerEpoch) return endRefusal(ErrorCode.PRODUCER_FENCED);',
    replace: '',
    mood: 'forgetful',
    seeds: 40,
  },
  {
    name: 'a zombie of transactions v2 is not fenced at the end',
    world: 'transactions',
    file: 'coordinator/transaction/end-and-bump.ts',
    find: 'if (current.producerEpoch !== request.producerEpoch && !isRetry) return endRefusal(ErrorCode.PRODUCER_FENCED);',
    replace: '',
    mood: 'forgetful',
    seeds: 60,
  },
  {
    name: 'the last transaction holds back the last stable offset, not the first',
    world: 'transactions',
    file: 'partition/unstable-transactions.ts',
    find: 'return this.#first?.firstOffset;',
    replace: 'return this.#last?.firstOffset;',
    seeds: 20,
  },
  {
    name: 'an aborted transaction is missing from the index',
    world: 'transactions',
    file: 'partition/partition.ts',
    find: 'const aborted = isCommit ? undefined : this.#producers.abortedBy(producerId, this.#log.endOffset);',
    replace: 'const aborted = undefined;',
    seeds: 20,
  },
  {
    name: 'readers are told of aborted transactions that ended before their read',
    world: 'transactions',
    file: 'log/local/transaction-index.ts',
    find: 'await this.entries.placeOf(range.offset)',
    replace: 'await this.entries.placeOf(0)',
    seeds: 20,
  },
  {
    name: 'compaction lets an aborted record replace the committed one of its key',
    world: 'transactions',
    file: 'log/compaction/compaction-pass.ts',
    find: 'if (!useless && !isControl(batch)) this.#collectKeys(batch);',
    replace: 'if (!isControl(batch)) this.#collectKeys(batch);',
    seeds: 20,
  },
  {
    name: 'offsets of an open transaction are seen',
    world: 'transactions',
    file: 'coordinator/group/group-state.ts',
    find: 'if (position.producerId === -1) this.offsets.set(record, stored);',
    replace: 'if (true) this.offsets.set(record, stored);',
    seeds: 20,
  },
  {
    name: 'a late write opens a transaction that nobody ends',
    world: 'transactions',
    file: 'partition/producer-state.ts',
    find: '    if (beginning !== undefined && !beginning.isAdmitted) return wrongTransaction;\n    if (producerEpoch(batch) < (entry?.epoch ?? NO_PRODUCER_EPOCH)) return oldEpoch;',
    replace: '',
    seeds: 60,
  },
  {
    name: 'a backup is of two moments',
    file: 'broker/backup-cuts.ts',
    find: 'const directories = await engine.cut();',
    replace: `const early = await engine.cut();
      await new Promise<void>((resolve) => this.#options.env.timers.after(30, resolve));
      const late = new Map((await engine.cut()).flatMap(({ logs }) => logs.map((log) => [keyOf(log), log])));
      const isLate = (log) => log.topic.startsWith('__') && log.topicId !== metadataLogId.topicId;
      const directories = early.map((directory) => {
        return { ...directory, logs: directory.logs.map((log) => (isLate(log) ? (late.get(keyOf(log)) ?? log) : log)) };
      });`,
    mood: 'careful',
    seeds: 60,
  },
  {
    name: 'a backup has its coordinators of an earlier moment than its records',
    world: 'transactions',
    file: 'broker/backup-cuts.ts',
    find: 'const directories = await engine.cut();',
    replace: `const early = new Map((await engine.cut()).flatMap(({ logs }) => logs.map((log) => [keyOf(log), log])));
      await new Promise<void>((resolve) => this.#options.env.timers.after(30, resolve));
      const isEarly = (log) => log.topic.startsWith('__') && log.topicId !== metadataLogId.topicId;
      const directories = (await engine.cut()).map((directory) => {
        return { ...directory, logs: directory.logs.map((log) => (isEarly(log) ? (early.get(keyOf(log)) ?? log) : log)) };
      });`,
    mood: 'careful',
    seeds: 60,
  },
  {
    name: 'a backup has the end of a log as it is when it is copied',
    world: 'transactions',
    file: 'log/local/backup/copy-log.ts',
    find: '} else if (await copyBatches({ disk, from, to, bytes, endOffset: cut.endOffset })) {',
    replace: `} else if ((await disk.stat(from)) !== undefined) {
      const source = await disk.open(from, 'readOnly');
      const all = Buffer.alloc(await source.size());
      await source.read(all, 0);
      const copied = await disk.open(to, 'create');
      await copied.write([all], 0);
      await copied.sync();
      return { name, bytes: all.length, isLinked: false };`,
    mood: 'careful',
    seeds: 20,
  },
  {
    name: 'a file of a backup is not synced',
    world: 'transactions',
    file: 'log/local/backup/copy-file.ts',
    find: 'await target.sync();',
    replace: '',
    mood: 'careful',
    seeds: 20,
  },
];
