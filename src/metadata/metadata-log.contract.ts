/** What every metadata log promises. Each implementation runs this suite in a test of its own. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ClusterRecord } from './cluster-record.ts';
import { type MetadataLog, MetadataLogFault } from './metadata-log.ts';

export interface MetadataLogHarness {
  /** A log over storage of its own. */
  create(context: TestContext): Promise<MetadataLogUnderTest>;
}

export interface MetadataLogUnderTest {
  readonly log: MetadataLog;
  /** Closes the log and opens it again over the same storage. */
  reopen(): Promise<MetadataLog>;
}

export function metadataLogContract(name: string, harness: MetadataLogHarness): void {
  const contract = (claim: string, body: (subject: MetadataLogUnderTest) => Promise<void>) =>
    test(`${name}: ${claim}`, async (context) => body(await harness.create(context)));

  contract('a new log is empty', async ({ log }) => {
    assert.deepEqual(await log.readFrom(0), { records: [], nextPosition: 0 });
  });

  contract('what was appended is read back in order, as it was', async ({ log }) => {
    const first = await append(log, [topic('a'), partition('a', 0)], 0);
    await append(log, [setting('a', 'retention.ms', '5'), setting('a', 'retention.ms', null)], first);
    assert.deepEqual(withoutUnused(await readAll(log)), [
      topic('a'),
      partition('a', 0),
      setting('a', 'retention.ms', '5'),
      setting('a', 'retention.ms', null),
    ]);
  });

  contract('reading begins where the reader stands', async ({ log }) => {
    const position = await append(log, [topic('a')], 0);
    const end = await append(log, [topic('b')], position);
    assert.deepEqual(await readAll(log, position), [topic('b')]);
    assert.deepEqual(await log.readFrom(end), { records: [], nextPosition: end });
  });

  contract('a writer that has not seen everything appends nothing', async ({ log }) => {
    const position = await append(log, [topic('a')], 0);
    const outcome = await log.append([topic('b')], { expectedPosition: 0 });
    assert.deepEqual(outcome, { kind: 'conflict', position });
    assert.deepEqual(await readAll(log), [topic('a')]);
  });

  contract('of writers that have seen the same, one wins', async ({ log }) => {
    const names = ['a', 'b', 'c', 'd'];
    const outcomes = await Promise.all(names.map((name) => log.append([topic(name)], { expectedPosition: 0 })));
    const winners = names.filter((_, index) => outcomes[index]?.kind === 'appended');
    assert.equal(winners.length, 1);
    assert.deepEqual(
      await readAll(log),
      winners.map((name) => topic(name)),
    );
  });

  contract('a conflict says how far there is to read, and that much can be read', async ({ log }) => {
    const winner = log.append([topic('a')], { expectedPosition: 0 });
    const loser = log.append([topic('b')], { expectedPosition: 0 });
    const outcome = await loser;
    assert.equal(outcome.kind, 'conflict');
    assert.deepEqual(await readAll(log), [topic('a')]);
    assert.equal((await winner).position, outcome.position);
  });

  contract('listeners hear of every append until they leave', async ({ log }) => {
    let calls = 0;
    const unsubscribe = log.subscribe(() => {
      calls += 1;
    });
    const position = await append(log, [topic('a')], 0);
    const second = await append(log, [topic('b')], position);
    assert.equal(calls, 2);
    unsubscribe();
    await append(log, [topic('c')], second);
    assert.equal(calls, 2);
  });

  contract('a thousand records in one append stay together', async ({ log }) => {
    const records = Array.from({ length: 1000 }, (_, index) => partition('a', index));
    await append(log, records, 0);
    assert.equal((await readAll(log)).length, 1000);
  });

  contract('more than one read fits is read in parts', async ({ log }) => {
    let position = 0;
    for (let index = 0; index < 40; index += 1) {
      position = await append(log, [setting('a', `name-${index}`, 'x'.repeat(30_000))], position);
    }
    const records = await readAll(log);
    assert.deepEqual(
      records.map((record) => record.kind === 'config' && record.name),
      Array.from({ length: 40 }, (_, index) => `name-${index}`),
    );
  });

  contract('whoever has read to a snapshot passes over it', async ({ log }) => {
    const position = await append(log, [topic('a')], 0);
    const outcome = await log.appendSnapshot([topic('a')], { expectedPosition: position });
    assert.equal(outcome.kind, 'appended');
    assert.deepEqual(await log.readFrom(position), { records: [], nextPosition: outcome.position });
    const end = await append(log, [topic('b')], outcome.position);
    assert.deepEqual(await readAll(log, position), [topic('b')]);
    assert.deepEqual(await log.readFrom(end), { records: [], nextPosition: end });
  });

  contract('whoever begins after two snapshots begins with the first, which stands for all before', async (subject) => {
    const { log } = subject;
    let position = await append(log, [topic('a'), setting('a', 'x', '1'), setting('a', 'x', null)], 0);
    position = await snapshot(log, [topic('a')], position);
    position = await append(log, [topic('b')], position);
    assert.deepEqual(
      (await readAll(log)).map(({ kind }) => kind),
      ['topic', 'config', 'config', 'topic'],
    );
    position = await snapshot(log, [topic('a'), topic('b')], position);
    await append(log, [topic('c')], position);
    assert.deepEqual(await readAll(log), [topic('a'), topic('b'), topic('c')]);
    assert.deepEqual(await readAll(await subject.reopen()), [topic('a'), topic('b'), topic('c')]);
  });

  contract(
    'a reader that two snapshots have left behind is told, one that a single one met is not',
    async ({ log }) => {
      const first = await append(log, [topic('a')], 0);
      let position = await snapshot(log, [topic('a')], await append(log, [topic('b')], first));
      assert.deepEqual(await readAll(log, first), [topic('b')]);
      position = await snapshot(log, [topic('a'), topic('b')], await append(log, [topic('c')], position));
      await assert.rejects(log.readFrom(first), MetadataLogFault);
      assert.deepEqual(await readAll(log, position), []);
    },
  );

  contract('a snapshot of a writer that has not seen everything is not appended', async ({ log }) => {
    const position = await append(log, [topic('a')], 0);
    const outcome = await log.appendSnapshot([topic('b')], { expectedPosition: 0 });
    assert.deepEqual(outcome, { kind: 'conflict', position });
    assert.deepEqual(await readAll(log), [topic('a')]);
  });

  contract('a log asks for a snapshot when much has come since the last', async ({ log, reopen }) => {
    const much = (count: number) =>
      Array.from({ length: count }, (_, index) => setting('a', `x${index}`, 'y'.repeat(30_000)));
    let position = await append(log, [setting('a', 'x', 'small')], 0);
    assert.equal(log.wantsSnapshot, false);
    position = await append(log, much(10), position);
    assert.equal(log.wantsSnapshot, true);
    const again = await reopen();
    await readAll(again);
    assert.equal(again.wantsSnapshot, true);
    position = await snapshot(again, much(10), position);
    assert.equal(again.wantsSnapshot, false);
    position = await append(again, much(9), position);
    assert.equal(again.wantsSnapshot, false, 'a snapshot would be longer than what it stands for');
    await append(again, much(2), position);
    assert.equal(again.wantsSnapshot, true);
  });

  contract('an opened log has what was appended before', async ({ log, reopen }) => {
    const position = await append(log, [topic('a')], 0);
    const again = await reopen();
    assert.deepEqual(await readAll(again), [topic('a')]);
    await append(again, [topic('b')], position);
    assert.deepEqual(await readAll(again), [topic('a'), topic('b')]);
  });
}

export async function readAll(log: MetadataLog, from = 0): Promise<readonly ClusterRecord[]> {
  const all: ClusterRecord[] = [];
  for (let position = from; ; ) {
    const { records, nextPosition } = await log.readFrom(position);
    if (nextPosition === position) return all;
    all.push(...records);
    position = nextPosition;
  }
}

async function append(log: MetadataLog, records: readonly ClusterRecord[], expectedPosition: number): Promise<number> {
  const outcome = await log.append(records, { expectedPosition });
  assert.equal(outcome.kind, 'appended');
  assert.ok(outcome.position > expectedPosition);
  return outcome.position;
}

async function snapshot(
  log: MetadataLog,
  records: readonly ClusterRecord[],
  expectedPosition: number,
): Promise<number> {
  const outcome = await log.appendSnapshot(records, { expectedPosition });
  assert.equal(outcome.kind, 'appended');
  return outcome.position;
}

const ids: Readonly<Record<string, string>> = {
  a: 'AAAAAAAAAAAAAAAAAAAAAg',
  b: 'AAAAAAAAAAAAAAAAAAAAAw',
  c: 'AAAAAAAAAAAAAAAAAAAABA',
  d: 'AAAAAAAAAAAAAAAAAAAABQ',
};

function topic(name: string): ClusterRecord {
  return { kind: 'topic', name, topicId: ids[name] ?? '' };
}

function partition(name: string, partitionId: number): ClusterRecord {
  const epochs = { leader: 1, leaderEpoch: 0, partitionEpoch: 0 };
  return { kind: 'partition', topicId: ids[name] ?? '', partitionId, replicas: [1], isr: [1], ...epochs };
}

function setting(resourceName: string, name: string, value: string | null): ClusterRecord {
  return { kind: 'config', resourceType: 2, resourceName, name, value };
}

/** Kafka's partition records have more fields than are used. */
function withoutUnused(records: readonly ClusterRecord[]): readonly ClusterRecord[] {
  return records.map((record) => {
    if (record.kind !== 'partition') return record;
    const { kind, topicId, partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch } = record;
    return { kind, topicId, partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch };
  });
}
