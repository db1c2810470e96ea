import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../sim/test-env.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { startEngine } from '../log/local/local-engine.fixture.ts';
import { logSettings } from '../log/log.fixture.ts';
import type { LogEngine, PartitionLog } from '../log/log-engine.ts';
import { MemoryLogEngine } from '../log/memory/memory-engine.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { EngineMetadataLog, metadataLogId } from './engine-metadata-log.ts';
import { metadataLogContract, readAll } from './metadata-log.contract.ts';
import { MetadataLogFault } from './metadata-log.ts';

metadataLogContract('memory engine', {
  async create() {
    const env = testEnv();
    const options = { env, engine: new MemoryLogEngine({ env }), config: new BrokerConfig() };
    const log = new EngineMetadataLog(options);
    const reopen = async () => {
      await log.close();
      return new EngineMetadataLog(options);
    };
    return { log, reopen };
  },
});

metadataLogContract('local engine', {
  async create(context) {
    const env = testEnv();
    const openEngine = () => startEngine(env);
    const config = new BrokerConfig();
    let engine = await openEngine();
    const log = new EngineMetadataLog({ env, engine, config });
    context.after(() => engine.close());
    const reopen = async () => {
      await log.close();
      await engine.close();
      engine = await openEngine();
      return new EngineMetadataLog({ env, engine, config });
    };
    return { log, reopen };
  },
});

const topicA: ClusterRecord = { kind: 'topic', name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAg' };
const topicB: ClusterRecord = { kind: 'topic', name: 'b', topicId: 'AAAAAAAAAAAAAAAAAAAAAw' };

test('an append whose sync fails has an unknown outcome; what is read back decides', async () => {
  const { engine, log } = faultyLog();
  engine.syncs = 'fail';
  await assert.rejects(log.append([topicA], { expectedPosition: 0 }), MetadataLogFault);

  engine.syncs = 'succeed';
  // The bytes had reached the log, so a writer that does not know of them is refused.
  const outcome = await log.append([topicB], { expectedPosition: 0 });
  assert.deepEqual(outcome, { kind: 'conflict', position: 1 });
  assert.deepEqual(await readAll(log), [topicA]);
});

test('a log that has lost its snapshot is refused, and not taken for a new one', async () => {
  const env = testEnv();
  const engine = new MemoryLogEngine({ env });
  const log = new EngineMetadataLog({ env, engine, config: new BrokerConfig() });
  await log.append([topicA], { expectedPosition: 0 });
  await log.close();
  const emptied = await engine.open(metadataLogId, logSettings());
  await emptied.advanceStart(1);
  await emptied.close();
  const again = new EngineMetadataLog({ env, engine, config: new BrokerConfig() });
  await assert.rejects(again.readFrom(0), MetadataLogFault);
});

test('a damaged batch is not believed; a damaged snapshot that nobody needs is told and done without', async () => {
  const env = testEnv();
  const file = 'data/__cluster_metadata-0/00000000000000000000.log';
  const open = async () => {
    const engine = await startEngine(env);
    return { engine, log: new EngineMetadataLog({ env, engine, config: new BrokerConfig() }) };
  };
  const first = await open();
  await first.log.append([topicA], { expectedPosition: 0 });
  const snapshotAt = env.disk.file(file)?.bytes ?? 0;
  await first.log.appendSnapshot([topicA], { expectedPosition: 1 });
  await first.log.append([topicB], { expectedPosition: 2 });
  await first.log.close();
  await first.engine.close();
  env.disk.file(file)?.corrupt(snapshotAt + 80);
  const second = await open();
  assert.deepEqual(await readAll(second.log), [topicA, topicB]);
  assert.ok(env.logger.lines.some(({ message }) => message === 'a snapshot of the metadata is damaged and not used'));
  await second.log.close();
  await second.engine.close();
  env.disk.file(file)?.corrupt(80);
  const third = await open();
  await assert.rejects(readAll(third.log), MetadataLogFault);
  await third.engine.close();
});

test('an append that the log refuses is a fault, and the log goes on afterwards', async () => {
  const { engine, log } = faultyLog();
  engine.appends = 'fail';
  await assert.rejects(log.append([topicA], { expectedPosition: 0 }), MetadataLogFault);
  engine.appends = 'succeed';
  assert.deepEqual(await log.append([topicB], { expectedPosition: 0 }), { kind: 'appended', position: 1 });
});

test('nothing is read before it is durable', async () => {
  const { engine, log } = faultyLog();
  await log.readFrom(0);
  engine.syncs = 'wait';
  const appending = log.append([topicA], { expectedPosition: 0 });
  await engine.appended;
  assert.deepEqual(await log.readFrom(0), { records: [], nextPosition: 0 });
  engine.finishSync();
  await appending;
  assert.deepEqual(await readAll(log), [topicA]);
});

test('the log has the name and id of Kafka’s metadata topic, and nothing of it expires', async () => {
  const { engine, log } = faultyLog();
  await log.readFrom(0);
  assert.equal(metadataLogId.topic, '__cluster_metadata');
  assert.deepEqual(engine.settings, { cleanupPolicy: [], retentionMs: -1, retentionBytes: -1 });
});

function faultyLog(): { engine: FaultyEngine; log: EngineMetadataLog } {
  const env = testEnv();
  const engine = new FaultyEngine(new MemoryLogEngine({ env }));
  return { engine, log: new EngineMetadataLog({ env, engine, config: new BrokerConfig() }) };
}

/** A memory engine whose log is durable only when the test wants it. */
class FaultyEngine implements LogEngine {
  appends: 'succeed' | 'fail' = 'succeed';
  syncs: 'succeed' | 'fail' | 'wait' = 'succeed';
  settings: object = {};
  readonly appended: Promise<void>;
  #onAppended: () => void = () => {};
  #log: PartitionLog | undefined;
  #isSynced = true;
  readonly #inner: MemoryLogEngine;

  constructor(inner: MemoryLogEngine) {
    this.#inner = inner;
    this.appended = new Promise((resolve) => {
      this.#onAppended = resolve;
    });
  }

  async open(...[id, settings]: Parameters<LogEngine['open']>): Promise<PartitionLog> {
    const { cleanupPolicy, retentionMs, retentionBytes } = settings;
    this.settings = { cleanupPolicy, retentionMs, retentionBytes };
    const inner = await this.#inner.open(id, settings);
    const durableBefore = inner.endOffset;
    const log: PartitionLog = Object.create(inner, {
      durableOffset: { get: () => (this.#isSynced ? inner.endOffset : durableBefore) },
      startOffset: { get: () => inner.startOffset },
      endOffset: { get: () => inner.endOffset },
      onProgress: { value: () => {}, writable: true },
      onRoll: { value: () => {}, writable: true },
      append: {
        value: (batch: Parameters<PartitionLog['append']>[0]) => {
          if (this.appends === 'fail') throw new Error('the disk is full');
          this.#isSynced = false;
          inner.append(batch);
        },
      },
      writtenOffset: { get: () => inner.writtenOffset },
      requestWrite: { value: () => queueMicrotask(() => this.#log?.onProgress(undefined)) },
      read: { value: (read: Parameters<PartitionLog['read']>[0]) => inner.read(read) },
      requestSync: { value: () => queueMicrotask(() => this.#sync(inner)) },
      close: { value: () => inner.close() },
    });
    this.#log = log;
    this.#isSynced = true;
    return log;
  }

  finishSync(): void {
    this.#isSynced = true;
    this.#log?.onProgress(undefined);
  }

  list: LogEngine['list'] = () => this.#inner.list();
  remove: LogEngine['remove'] = (id) => this.#inner.remove(id);
  setAside: LogEngine['setAside'] = (id) => this.#inner.setAside(id);
  usage: LogEngine['usage'] = () => this.#inner.usage();
  directories: LogEngine['directories'] = () => this.#inner.directories();
  close: LogEngine['close'] = () => this.#inner.close();

  #sync(inner: PartitionLog): void {
    this.#onAppended();
    if (this.syncs === 'succeed') this.finishSync();
    if (this.syncs !== 'fail') return;
    const failed = this.#log;
    void inner.close().then(() => failed?.onProgress(new Error('the sync failed')));
  }
}
