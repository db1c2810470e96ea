/**
 * Seeded lives of one partition with transactions, each ended by a stop of some kind; between them derived files go. After each opening the last stable offset, the
 * open transactions and what readers are told to leave out must be what the surviving batches say (invariants I15 and I16).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalLogEngine } from '../src/log/local/local-engine.ts';
import { logId } from '../src/log/log.fixture.ts';
import { produced, settingsOf } from '../src/partition/partition.fixture.ts';
import { Partition } from '../src/partition/partition.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { SeededRandom } from './seeded-random.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';
import { settle } from './virtual-clock.ts';

const DIRECTORY = 'data/orders-0';
const settings = settingsOf({ segmentBytes: 1_200, indexIntervalBytes: 200, fileDeleteDelayMs: 0 });

type Event = {
  readonly offset: number;
  readonly producerId: number;
  readonly kind: 'records' | 'committed' | 'aborted';
};

interface Transaction {
  readonly producerId: number;
  readonly offsets: readonly number[];
  /** Infinity while it is open. */
  readonly marker: number;
  readonly isAborted: boolean;
}

/** What happened to the log, in its order, and what follows from it. */
class History {
  events: Event[];

  constructor(events: readonly Event[]) {
    this.events = [...events];
  }

  add(event: Event): void {
    this.events.push(event);
  }

  isOpen(producerId: number): boolean {
    return this.transactions.some((one) => one.producerId === producerId && one.marker === Number.POSITIVE_INFINITY);
  }

  get transactions(): readonly Transaction[] {
    const open = new Map<number, number[]>();
    const ended: Transaction[] = [];
    for (const { offset, producerId, kind } of this.events) {
      const offsets = open.get(producerId) ?? [];
      if (kind === 'records') open.set(producerId, [...offsets, offset]);
      else open.delete(producerId);
      if (kind === 'records' || offsets.length === 0) continue;
      ended.push({ producerId, offsets, marker: offset, isAborted: kind === 'aborted' });
    }
    const marker = Number.POSITIVE_INFINITY;
    return [
      ...ended,
      ...Array.from(open, ([producerId, offsets]) => ({ producerId, offsets, marker, isAborted: false })),
    ];
  }
}

async function openPartition(env: TestEnv, leaderEpoch: number) {
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 500 });
  const log = await engine.open(logId(), settings);
  const partition = await Partition.open({
    env,
    log,
    settings,
    leaderEpoch,
    producerExpirationMs: () => 86_400_000,
    verifiesTransactions: () => false,
  });
  return { engine, partition };
}

/** One step of a life. */
async function act(partition: Partition, history: History, random: SeededRandom, env: TestEnv): Promise<void> {
  const producerId = random.below(5);
  const isOpen = history.isOpen(producerId);
  const draw = random.next();
  if (isOpen && draw < 0.4) {
    const outcome = random.next() < 0.6 ? 'aborted' : 'committed';
    const marker = { producerId, producerEpoch: 0, outcome, coordinatorEpoch: 0, transactionVersion: 0 } as const;
    history.add({ offset: partition.logEndOffset, producerId, kind: outcome });
    assert.equal(partition.appendMarker(marker).kind, 'appended');
  } else if (draw < 0.9) {
    const entry = partition.producers.get(producerId);
    const baseSequence = (entry?.batches.at(-1)?.lastSequence ?? -1) + 1;
    history.add({ offset: partition.logEndOffset, producerId, kind: 'records' });
    const batch = produced({ producerId, producerEpoch: 0, baseSequence, isTransactional: true });
    assert.equal(partition.append(batch, 11).kind, 'appended');
  } else if (draw < 0.97) {
    await env.clock.advance(300);
  } else if (partition.highWatermark > partition.logStartOffset) {
    await partition.deleteRecordsBefore(random.between(partition.logStartOffset, partition.highWatermark));
  }
  if (random.next() < 0.3) await settle();
}

async function check(partition: Partition, history: History, random: SeededRandom): Promise<void> {
  const start = partition.logStartOffset;
  const unstable = history.transactions.filter(({ marker }) => marker >= partition.highWatermark);
  const firsts = unstable.map(({ offsets: [first = 0] }) => Math.max(first, start));
  // Of a transaction that began below the log start, a log without a snapshot knows only what is left.
  const left = unstable.flatMap(({ offsets }) => offsets.filter((offset) => offset >= start));
  const stable = partition.lastStableOffset;
  assert.ok(stable >= Math.min(partition.highWatermark, ...firsts), `${stable} holds back too much`);
  assert.ok(stable <= Math.min(partition.highWatermark, ...left), `${stable} holds back too little`);
  for (let count = 0; count < 20; count += 1) {
    const offset = random.between(start, partition.logEndOffset);
    const read = await partition.read({ offset, isolation: 'committed', bytesMax: 400, atLeastOneBatch: true });
    if (read.bytes === 0) continue;
    checkListed(await partition.abortedTransactions({ offset, nextOffset: read.nextOffset }), history, {
      offset,
      nextOffset: read.nextOffset,
      start,
    });
  }
}

function checkListed(
  listed: Awaited<ReturnType<Partition['abortedTransactions']>>,
  { transactions }: History,
  { offset, nextOffset, start }: { offset: number; nextOffset: number; start: number },
): void {
  const markers = listed.map(({ lastOffset }) => lastOffset);
  assert.deepEqual(
    markers,
    [...markers].sort((a, b) => a - b),
  );
  const aborted = transactions.filter(({ isAborted }) => isAborted);
  for (const { producerId, offsets, marker } of aborted) {
    const isRead = offsets.some((one) => one >= offset && one < nextOffset);
    if (isRead) assert.ok(markers.includes(marker), `the end of ${producerId} at ${marker} is not told at ${offset}`);
  }
  for (const { producerId, firstOffset, lastOffset } of listed) {
    const known = aborted.find(({ marker }) => marker === lastOffset);
    assert.ok(known !== undefined && known.producerId === producerId, `nobody was aborted at ${lastOffset}`);
    const [first = 0] = known.offsets;
    const firstLeft = known.offsets.find((one) => one >= start) ?? lastOffset;
    assert.ok(firstOffset >= first && firstOffset <= firstLeft, `${firstOffset} is no beginning of ${first}`);
  }
}

/** Whoever tidies up too much. */
async function loseDerivedFiles(disk: MemoryDisk, random: SeededRandom): Promise<void> {
  const suffixes = ['.txnindex', '.snapshot', '.index', '.timeindex'].filter(() => random.next() < 0.3);
  const entries = await disk.list(DIRECTORY).catch(() => []);
  for (const { name } of entries) {
    if (suffixes.some((suffix) => name.endsWith(suffix))) await disk.remove(`${DIRECTORY}/${name}`);
  }
}

async function live(env: TestEnv, history: History, leaderEpoch: number, random: SeededRandom): Promise<void> {
  const { engine, partition } = await openPartition(env, leaderEpoch);
  history.events = history.events.filter(({ offset }) => offset < partition.logEndOffset);
  await check(partition, history, random);
  const steps = random.between(5, 60);
  for (let step = 0; step < steps; step += 1) await act(partition, history, random, env);
  if (random.next() < 0.5) await check(partition, history, random);
  await partition.stop('closed');
  await engine.close();
}

async function simulate(seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  let history = new History([]);
  let env = testEnv(seed);
  let abortedMost = 0;
  for (let life = 0; life < 6; life += 1) {
    const ending = random.next();
    const fatal = env.disk.operations + random.between(20, 300);
    if (ending < 0.4) env.disk.judge = ({ sequence }) => ({ kind: sequence === fatal ? 'crash' : 'ok' });
    if (ending >= 0.4 && ending < 0.6) {
      const { disk } = env;
      disk.pause = async ({ sequence }) => {
        if (sequence === fatal) disk.kill();
      };
    }
    await untilDeath(env.disk, live(env, history, life, random));
    abortedMost = Math.max(abortedMost, history.transactions.filter(({ isAborted }) => isAborted).length);
    // Of a life whose disk is dead something may go on in memory; nobody is to hear of it.
    history = new History(history.events);
    env = nextProcess(env);
    if (random.next() < 0.4) await loseDerivedFiles(env.disk, random);
  }
  return abortedMost;
}

/** Seeds that have found something: a snapshot below the log start, a list that came back after a power loss. */
const pinned = [78, 561];

test('aborted transactions are told whatever ended the lives before, and whatever derived files are lost', async () => {
  let most = 0;
  for (const seed of [...Array.from({ length: 60 }, (_, index) => index + 1), ...pinned]) {
    try {
      most = Math.max(most, await simulate(seed));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  assert.ok(most > 10, 'hardly anything was aborted');
});
