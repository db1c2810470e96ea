/**
 * Bugs that are planted into the broker's source to see whether the simulator finds them: one wrong line each, of the kind that slips through a review. The
 * product knows nothing of them; `plant.ts` changes the text while it is loaded.
 */

export interface PlantedBug {
  readonly name: string;
  /** Below `src/`. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
  /** Worlds within which it must be found. */
  readonly seeds: number;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a sync is skipped',
    file: 'log/local/log-syncer.ts',
    find: 'await this.#options.files.use(segment.log, (handle) => handle.sync());',
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
    find: 'await this.#options.directory.sync();',
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
    file: 'log/local/recover-segment.ts',
    find: ' && hasValidCrc(batch)',
    replace: '',
    seeds: 60,
  },
  {
    name: 'the window of an idempotent producer is forgotten by a restart',
    file: 'partition/producer-snapshot.ts',
    find: 'state.restore(snapshot.producers)',
    replace: 'state.restore([])',
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
    seeds: 20,
  },
  {
    name: "a log's start is acknowledged before it is saved",
    file: 'log/local/local-log.ts',
    find: 'const saving = this.#host.saveStart(this, offset).then(() => this.#moveStart(offset));',
    replace:
      'this.#moveStart(offset); const saving = Promise.resolve(); void this.#host.saveStart(this, offset).catch(() => {});',
    seeds: 100,
  },
  {
    name: 'a change of the metadata is answered before it is durable',
    file: 'metadata/engine-metadata-log.ts',
    find: 'log.requestSync();\n      return durable;',
    replace: 'log.requestSync();\n      void durable.catch(() => {});',
    seeds: 60,
  },
  {
    name: 'the largest timestamp is that of the last batch',
    file: 'log/local/segment.ts',
    find: 'if (batch.maxTimestamp > this.maxTimestamp) {',
    replace: 'if (true) {',
    seeds: 20,
  },
];
