/** What tests of partitions make their partitions and batches from. */
import { type TestEnv, testEnv } from '../../sim/test-env.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { type TopicSettings, topicSettings } from '../config/topic-settings.ts';
import { logId } from '../log/log.fixture.ts';
import type { LogEngine } from '../log/log-engine.ts';
import { MemoryLogEngine } from '../log/memory/memory-engine.ts';
import { type BatchToBuild, buildBatch } from '../protocol/batch/build.ts';
import type { Appended, AppendResult } from './append-result.ts';
import { HeldLog } from './held-log.fixture.ts';
import { Partition } from './partition.ts';

export const PRODUCE_VERSION = 12;
const EXPIRATION_MS = 86_400_000;
/** When the virtual clock begins. */
const START_MS = 1_800_000_000_000;

export interface PartitionFixture {
  readonly env: TestEnv;
  readonly engine: LogEngine;
  readonly log: HeldLog;
  readonly partition: Partition;
}

export interface PartitionToOpen {
  readonly settings?: Partial<TopicSettings>;
  readonly leaderEpoch?: number;
  readonly verifiesTransactions?: boolean;
  /** Those of an earlier opening, which was stopped. */
  readonly env?: TestEnv;
  readonly engine?: LogEngine;
}

/** A partition over a log whose progress the test decides. */
export async function heldPartition(wanted: PartitionToOpen = {}): Promise<PartitionFixture> {
  const env = wanted.env ?? testEnv();
  const engine = wanted.engine ?? new MemoryLogEngine({ env });
  const settings = settingsOf(wanted.settings);
  const log = new HeldLog(await engine.open(logId(), settings));
  const partition = await Partition.open({
    env,
    log,
    settings,
    leaderEpoch: wanted.leaderEpoch ?? 0,
    producerExpirationMs: () => EXPIRATION_MS,
    verifiesTransactions: () => wanted.verifiesTransactions ?? false,
  });
  return { env, engine, log, partition };
}

export function settingsOf(changes: Partial<TopicSettings> = {}): TopicSettings {
  return { ...topicSettings(new BrokerConfig()), ...changes };
}

export interface ProducedBatch extends Partial<Omit<BatchToBuild, 'records'>> {
  readonly records?: number;
  readonly timestamp?: number;
  readonly value?: string;
}

/** The bytes that a producer sends. */
export function produced({ records = 1, timestamp = START_MS, value = 'v', ...more }: ProducedBatch = {}) {
  const record = { timestamp, key: null, value: Buffer.from(value) };
  return buildBatch({ records: Array.from({ length: records }, () => record), ...more });
}

export function append(partition: Partition, batch: ProducedBatch = {}): AppendResult {
  return partition.append(produced(batch), PRODUCE_VERSION);
}

/** Appends, and fails the test when that is refused. */
export function appended(partition: Partition, batch: ProducedBatch = {}): Appended {
  const result = append(partition, batch);
  if (result.kind === 'refused') throw new Error(`refused with ${result.error}`);
  return result;
}
