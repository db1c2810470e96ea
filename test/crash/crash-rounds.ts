/**
 * A real broker in a process of its own, under load by real clients, dies again and again at random moments: killed, or by a power loss that takes what was not
 * synced. After every death everything that was acknowledged must be there. The seed decides when; what the machine does meanwhile is its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LoadClient } from '../../bench/load/client.ts';
import { createTopic } from '../../bench/load/topics.ts';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { violated } from '../../sim/world/world.ts';
import { checkDirectory, faultsOf } from '../../src/log/local/check/check-directory.ts';
import { MetadataTopicAudit } from '../../src/metadata/topic-audit.ts';
import { ProducerAudit } from '../../src/partition/producer-audit.ts';
import { NodeDisk } from '../../src/platform/node-disk.ts';
import { BrokerProcess } from '../broker-process.ts';
import { within } from '../clients/eventually.ts';
import { Load, PARTITIONS, TOPIC } from './load.ts';
import { checkPartitions } from './scan.ts';
import { StableStorage } from './stable-storage.ts';

const WORK_MS_MAX = 900;
const START_MS_MAX = 500;

export interface CrashPlan {
  readonly seed: number;
  readonly death: 'kill' | 'power';
  /** Asked after every round. */
  readonly isOver: (rounds: number) => boolean;
  /** Of the broker, `name=value`. */
  readonly settings?: readonly string[];
}

export interface CrashReport {
  readonly rounds: number;
  readonly deaths: number;
  readonly acknowledged: number;
  readonly commits: number;
}

/** Rejects with what was violated. */
export async function crashRounds({ seed, death, isOver, settings = [] }: CrashPlan): Promise<CrashReport> {
  const random = new SeededRandom(seed);
  await using storage = death === 'power' ? await StableStorage.make(random) : undefined;
  await using broker = await BrokerProcess.start(['log.flush.offset.checkpoint.interval.ms=150', ...settings], {
    // That the end of a log is torn is no news here.
    logLevel: 'error',
    environment: (dataDir) => storage?.environment(dataDir) ?? {},
  });
  await createOrders(broker, random);
  await using load = new Load(broker.bootstrap, new SeededRandom(random.below(1_000_000)));
  // Before the load: clients end when nobody is there.
  await using _gone = { [Symbol.asyncDispose]: () => broker.kill() };
  await within('the load begins', load.start());
  let rounds = 0;
  let deaths = 0;
  for (; !isOver(rounds); rounds += 1) {
    await sleep(random.next() * WORK_MS_MAX);
    const killedStarts = random.chance(0.3) ? random.between(1, 2) : 0;
    await broker.crash({
      killedAfterMs: Array.from({ length: killedStarts }, () => random.next() * START_MS_MAX),
      whileDead: async () => {
        deaths += 1;
        await storage?.losePower(broker.dataDir);
      },
    });
    await load.pause();
    await checkPartitions(broker.bootstrap, TOPIC, load.partitions);
    await load.checkGroup();
    load.resume();
  }
  await load.end();
  load.check();
  await broker.stop();
  await checkFiles(broker.dataDir);
  return { rounds, deaths, acknowledged: load.acknowledged, commits: load.commits };
}

async function createOrders(broker: BrokerProcess, random: SeededRandom): Promise<void> {
  const client = await LoadClient.connect(broker.bootstrap);
  const configs = {
    'internal.segment.bytes': String(random.between(10_000, 100_000)),
    'index.interval.bytes': String(random.between(0, 2_000)),
  };
  await createTopic(client, TOPIC, configs, PARTITIONS);
  client.close();
}

/** A power loss may leave something derived that is made anew when it is needed. */
async function checkFiles(root: string): Promise<void> {
  const disk = new NodeDisk();
  const world = { disk, pause: sleep };
  const audit = () => new ProducerAudit();
  const report = await checkDirectory({ world, root, audit, topics: new MetadataTopicAudit() });
  const harmful = faultsOf(report).filter(({ harm }) => harm !== 'derived');
  if (harmful.length > 0) violated(`the data directory is damaged: ${JSON.stringify(harmful)}`);
}
