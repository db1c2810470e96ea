/** A whole broker is backed up while it runs, over a simulated disk; and who must not be backed up is refused with a sentence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { DataDirectoryRefused } from '../base/faults.ts';
import { backUp } from '../log/local/backup/back-up.ts';
import { NoCutAnswer } from '../log/local/backup/cut-request.ts';
import { restore } from '../log/local/backup/restore.ts';
import { faultsOf } from '../log/local/check/check-directory.ts';
import { CUT_ANSWER, CUT_REQUEST, directoryName } from '../log/local/file-names.ts';
import { replaceFile } from '../log/local/small-files.ts';
import { MemoryLogEngine } from '../log/memory/memory-engine.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import type { Partition } from '../partition/partition.ts';
import { ProducerAudit } from '../partition/producer-audit.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { BackupCuts } from './backup-cuts.ts';
import { failing, type LocalBroker, localBroker } from './local-broker.fixture.ts';
import { moveReplica } from './move-replica.ts';

const worldOf = (env: TestEnv) => ({ disk: env.disk, pause: (delayMs: number) => env.clock.advance(delayMs) });

function backup(env: TestEnv, { roots = ['data'], target = 'backup' } = {}) {
  const options = { roots, target, metadataTopic: '__cluster_metadata', now: () => env.clock.now() };
  return backUp({ world: worldOf(env), ...options, newId: () => String(env.random.next()) });
}

function restoring(env: TestEnv, ...targets: [string, ...string[]]) {
  const newDirectoryId = () => Buffer.from(env.random.bytes(16)).toString('base64url');
  const options = { backup: 'backup', targets, metadataTopic: '__cluster_metadata', newDirectoryId };
  return restore({ world: worldOf(env), ...options, audit: () => new ProducerAudit() });
}

/** The log's end in the restored directory, which is sound. */
async function restoredEnd(env: TestEnv, target: string, topic: string, partition = 0): Promise<number | undefined> {
  const { reports } = await restoring(env, target);
  assert.deepEqual(reports.flatMap(faultsOf), []);
  return reports[0]?.logs.find((log) => log.topic === topic && log.partition === partition)?.endOffset;
}

/** Acknowledged when it resolves. */
async function produce(partition: Partition, count = 1): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const result = partition.append(produced(), PRODUCE_VERSION);
    assert.equal(result.kind, 'appended');
    if (result.kind === 'appended') await partition.whenDurable(result.lastOffset);
  }
}

async function running(env: TestEnv, paths: readonly [string, ...string[]] = ['data']): Promise<LocalBroker> {
  const local = await localBroker({}, paths, env);
  local.answerBackups();
  return local;
}

test('a broker that runs is backed up with all that it has acknowledged, and its directory is left as it was', async () => {
  const env = testEnv();
  const { createTopic, partition, stop } = await running(env);
  await createTopic('orders', 2);
  await produce(await partition('orders', 1), 3);
  const names = (await env.disk.list('data')).map(({ name }) => name);
  await backup(env);
  assert.deepEqual(
    (await env.disk.list('data')).map(({ name }) => name),
    names,
  );
  await produce(await partition('orders', 1));
  assert.equal(await restoredEnd(env, 'restored', 'orders', 1), 3);
  await stop();
  const restored = await localBroker({}, ['restored'], env);
  await produce(await restored.partition('orders', 1));
  assert.equal((await restored.partition('orders', 1)).highWatermark, 4);
  await restored.stop();
});

test('after a power loss, what only the journal has is in the backup', async () => {
  let completed = 0;
  for (let seed = 1; seed <= 5; seed += 1) {
    const env = testEnv(seed);
    const first = await localBroker({}, ['data'], env);
    await first.createTopic('orders', 20);
    const partitions = await Promise.all(Array.from({ length: 20 }, (_, index) => first.partition('orders', index)));
    await Promise.all(partitions.map((partition) => produce(partition, 2)));
    env.disk.crash();
    const next = nextProcess(env);
    const second = await running(next);
    await backup(next);
    completed += next.logger.lines.filter(({ message }) => message === 'a log was completed from the journal').length;
    const { reports } = await restoring(next, 'restored');
    assert.deepEqual(reports.flatMap(faultsOf), []);
    const orders = reports.flatMap(({ logs }) => logs).filter(({ topic }) => topic === 'orders');
    assert.deepEqual(
      orders.map(({ endOffset }) => endOffset),
      Array.from({ length: 20 }, () => 2),
    );
    await second.stop();
  }
  assert.ok(completed > 0, 'the journal was needed');
});

test('all data directories make one backup; one that is not named is missed', async () => {
  const env = testEnv();
  const { createTopic, partition, stop } = await running(env, ['a', 'b']);
  await createTopic('orders', 4);
  for (let index = 0; index < 4; index += 1) await produce(await partition('orders', index));
  await assert.rejects(
    backup(env, { roots: ['a'], target: 'part' }),
    refusal('the broker also has the data directory b; name all of them'),
  );
  await assert.rejects(backup(env, { roots: ['b'], target: 'other' }), refusal(/^the metadata log is not in b;/));
  const { logs } = await backup(env, { roots: ['a', 'b'] });
  assert.equal(logs.filter(({ topic, endOffset }) => topic === 'orders' && endOffset === 1).length, 4);
  assert.equal(await restoredEnd(env, 'restored', 'orders', 3), 1);
  await stop();
  await backup(env, { roots: ['a', 'b'], target: 'stopped' });
});

test('a backup is restored into several directories, which a broker has then', async () => {
  const env = testEnv();
  const { createTopic, partition, stop } = await running(env);
  await createTopic('orders', 6);
  for (let index = 0; index < 6; index += 1) await produce(await partition('orders', index));
  await backup(env);
  await stop();
  const { reports } = await restoring(env, 'a', 'b', 'c');
  assert.deepEqual(reports.flatMap(faultsOf), []);
  const namesIn = reports.map(({ logs }) => logs.map(directoryName));
  assert.deepEqual(
    namesIn.map((names) => names.filter((name) => name.startsWith('orders')).length),
    [2, 2, 2],
  );
  assert.ok(namesIn[0]?.includes('__cluster_metadata-0'));
  const restored = await localBroker({}, ['a', 'b', 'c'], env);
  for (let index = 0; index < 6; index += 1) {
    await produce(await restored.partition('orders', index));
    assert.equal((await restored.partition('orders', index)).highWatermark, 2);
  }
  await restored.stop();
});

test('a restore into several directories touches none when one of them is not empty, or is named twice', async () => {
  const env = testEnv();
  const { stop } = await running(env);
  await backup(env);
  await stop();
  await env.disk.makeDirectory('full/something');
  await assert.rejects(restoring(env, 'a', 'full'), refusal(/^full is not empty: something is in it/));
  await assert.rejects(restoring(env, 'a', 'b', 'a'), refusal('a is named twice'));
  for (const path of ['a', 'b']) assert.equal(await env.disk.stat(path), undefined);
});

test('a log that is moved to another directory while it is copied is in the backup', async () => {
  const env = testEnv();
  const { broker, createTopic, partition, stop } = await running(env, ['a', 'b']);
  await createTopic('orders', 2);
  for (let index = 0; index < 2; index += 1) await produce(await partition('orders', index), 3);
  let moves = 0;
  env.disk.pause = async ({ kind, path }) => {
    if (moves > 0 || kind !== 'open' || !/^[ab]\/orders-0\/.*log$/.test(path)) return;
    moves += 1;
    const other = path.startsWith('a/') ? 'b' : 'a';
    assert.equal(await moveReplica({ topic: 'orders', partition: 0 }, { path: other, broker }), ErrorCode.NONE);
    await env.clock.advance(100);
  };
  const { logs } = await backup(env, { roots: ['a', 'b'] });
  assert.equal(moves, 1);
  assert.equal(logs.filter(({ topic, endOffset }) => topic === 'orders' && endOffset === 3).length, 2);
  await stop();
});

for (const when of ['passing-0', '__cluster_metadata-0']) {
  test(`nothing is known or left of a topic that is deleted when ${when} is to be copied`, async () => {
    const env = testEnv();
    const { broker, createTopic, partition, stop } = await running(env);
    await createTopic('passing');
    await produce(await partition('passing'));
    await createTopic('orders', 4);
    const orders = await Promise.all([0, 1, 2, 3].map((index) => partition('orders', index)));
    let isDeleted = false;
    env.disk.pause = async ({ kind, path }) => {
      if (isDeleted || kind !== 'makeDirectory' || path !== `backup/${when}`) return;
      // With so many others, the deletion is made durable by the journal.
      const deleting = broker.metadata.deleteTopics([{ name: 'passing' }]).then(() => {
        isDeleted = true;
      });
      while (!isDeleted) await Promise.all(orders.map((order) => produce(order)));
      await deleting;
      while ((await env.disk.stat('data/passing-0')) !== undefined) await env.clock.advance(1);
    };
    const { logs } = await backup(env);
    assert.ok(isDeleted);
    assert.equal(
      logs.some(({ topic }) => topic === 'passing'),
      when !== 'passing-0',
    );
    await stop();
    await restoring(env, 'restored');
    const restored = await localBroker({}, ['restored'], env);
    assert.equal(restored.broker.metadata.image.topicByName('passing'), undefined);
    await env.clock.advance(100);
    assert.deepEqual(
      (await env.disk.list('restored')).filter(({ name }) => name.startsWith('passing')),
      [],
    );
    await restored.stop();
  });
}

test('the logs of a directory that goes away while they are copied are not taken for deleted', async () => {
  const env = testEnv();
  const { createTopic, partition, stop } = await running(env, ['a', 'b']);
  await createTopic('orders', 4);
  for (let index = 0; index < 4; index += 1) await produce(await partition('orders', index));
  let isAway = false;
  env.disk.pause = async ({ kind, path }) => {
    if (isAway || kind !== 'makeDirectory' || !path.startsWith('backup/orders-')) return;
    isAway = true;
    await env.disk.rename('b', 'elsewhere');
  };
  await assert.rejects(
    backup(env, { roots: ['a', 'b'] }),
    refusal('the data directory b went away while it was copied'),
  );
  assert.ok(isAway);
  await env.disk.rename('elsewhere', 'b');
  await stop();
});

test('a log that cannot be opened is named, and there is no backup without it', async () => {
  const env = testEnv();
  const first = await localBroker({}, ['data'], env);
  await first.createTopic('orders');
  await produce(await first.partition('orders'));
  env.disk.crash();
  const next = nextProcess(env);
  const second = await running(next);
  const mend = failing(next, ['open'], 'io', /orders-0\/.*\.log$/);
  await assert.rejects(backup(next), refusal('the log orders-0 cannot be opened'));
  mend();
  await next.clock.advance(1_000);
  await backup(next, { target: 'second' });
  await second.stop();
});

test('a directory that is offline is named', async () => {
  const env = testEnv();
  const { createTopic, partition, stop } = await running(env, ['a', 'b']);
  await createTopic('orders', 4);
  for (let index = 0; index < 4; index += 1) await produce(await partition('orders', index));
  const mend = failing(env, ['open', 'write', 'sync'], 'io', /^b\/(?!meta)/);
  for (let index = 0; index < 4; index += 1) (await partition('orders', index)).append(produced(), PRODUCE_VERSION);
  await env.clock.advance(100);
  await assert.rejects(backup(env, { roots: ['a', 'b'] }), refusal('the data directory b is offline'));
  mend();
  await env.clock.advance(60_000);
  await stop();
});

test('a directory that goes offline while the broker answers is named, or its logs are in the backup', async () => {
  for (let looks = 1; looks <= 3; looks += 1) {
    const env = testEnv();
    const first = await localBroker({}, ['a', 'b'], env);
    await first.createTopic('orders', 4);
    for (let index = 0; index < 4; index += 1) await produce(await first.partition('orders', index));
    await first.stop();
    // All logs are to be opened.
    const second = await running(env, ['a', 'b']);
    let left = looks;
    env.disk.judge = ({ kind, path }) => {
      if (kind === 'list' && path === 'b') left -= 1;
      return left <= 0 && /^b(\/|$)/.test(path) ? { kind: 'fault', fault: 'io' } : { kind: 'ok' };
    };
    const other = { ...env, disk: env.disk.alongside() };
    const made = await backup(other, { roots: ['a', 'b'] }).catch((error: Error) => error.message);
    if (typeof made === 'string') assert.equal(made, 'the data directory b is offline');
    else assert.equal(made.logs.filter(({ topic }) => topic === 'orders').length, 4);
    env.disk.heal();
    await env.clock.advance(60_000);
    await second.stop();
  }
});

for (const times of [1, 3]) {
  const outcome = times === 1 ? 'is copied as of a new cut' : 'is given up in the end';
  test(`a log that is not to be had as of the cut (${times} times) ${outcome}`, async () => {
    const env = testEnv();
    const local = await running(env);
    await local.createTopic('orders');
    await produce(await local.partition('orders'), 2);
    const path = 'data/orders-0/00000000000000000000.log';
    let attempts = 0;
    env.disk.pause = async ({ kind, path: made }) => {
      if (kind !== 'makeDirectory' || made !== 'backup/orders-0') return;
      attempts += 1;
      if (attempts === 1) await env.disk.rename(path, 'data/orders-0/away');
      if (attempts === times + 1) await env.disk.rename('data/orders-0/away', path);
    };
    const making = backup(env);
    if (times === 1) await making;
    else await assert.rejects(making, refusal(/^orders-0 could not be copied as it was: /));
    assert.equal(attempts, times === 1 ? 2 : times);
    if (times === 1) assert.equal(await restoredEnd(env, 'restored', 'orders'), 2);
    if (times === 3) await env.disk.rename('data/orders-0/away', path);
    await local.stop();
  });
}

test('a broker that does not answer is told of after a minute, and its directory is left as it was', async () => {
  const env = testEnv();
  const { stop } = await localBroker({}, ['data'], env);
  const startMs = env.clock.now();
  await assert.rejects(backup(env), NoCutAnswer);
  assert.ok(env.clock.now() - startMs >= 60_000);
  assert.equal(await env.disk.stat('data/.ottla_backup.request'), undefined);
  await stop();
});

for (const when of ['before it takes the request', 'before it answers']) {
  test(`a broker that dies ${when} is noticed at once, and its backup refused`, async () => {
    const env = testEnv();
    const { createTopic } = await (when === 'before it answers' ? running(env) : localBroker({}, ['data'], env));
    await createTopic('orders');
    const asking = { ...env, disk: env.disk.alongside() };
    env.disk.judge = ({ path }) => {
      if (path.includes(CUT_ANSWER)) env.disk.kill();
      return { kind: 'ok' };
    };
    const startMs = env.clock.now();
    if (when === 'before it takes the request') env.timers.after(5_000, () => env.disk.kill());
    await assert.rejects(backup(asking), refusal(/^not all logs in data were recovered since its broker was killed/));
    assert.ok(env.clock.now() - startMs < 10_000);
  });
}

test('a broker that stops before it takes the request is backed up from its files', async () => {
  const env = testEnv();
  const local = await localBroker({}, ['data'], env);
  await local.createTopic('orders');
  await produce(await local.partition('orders'), 2);
  const making = backup({ ...env, disk: env.disk.alongside() });
  await local.stop();
  await making;
  assert.equal(await restoredEnd(env, 'restored', 'orders'), 2);
});

test('a request of somebody who is gone is answered once, and the next one gets its own answer', async () => {
  const env = testEnv();
  const { stop } = await running(env);
  const file = await env.disk.open('data/.ottla_backup.request', 'create');
  await file.write([Buffer.from('gone')], 0);
  await env.clock.advance(2_000);
  assert.ok((await env.disk.stat('data/.ottla_backup.answer')) !== undefined);
  await backup(env);
  assert.equal(await env.disk.stat('data/.ottla_backup.answer'), undefined);
  await stop();
});

test('a second backup at the same time is refused', async () => {
  const env = testEnv();
  const { stop } = await running(env);
  const lock = await env.disk.lock('data/.ottla_backup.lock');
  await assert.rejects(backup(env), refusal('another backup of data is being made'));
  await lock?.release();
  await stop();
});

test('a broker that was stopped cleanly is backed up from its files; one that was killed is not', async () => {
  const env = testEnv();
  const local = await localBroker({}, ['data'], env);
  await local.createTopic('orders');
  await produce(await local.partition('orders'), 2);
  await local.stop();
  await backup(env);
  assert.equal(await restoredEnd(env, 'restored', 'orders'), 2);
  await localBroker({}, ['data'], env);
  const killed = nextProcess(env);
  await assert.rejects(
    backup(killed, { target: 'other' }),
    refusal(/^not all logs in data were recovered since its broker was killed; start it/),
  );
});

test('no broker starts in a backup, nor in what a backup or a restore has not completed', async () => {
  const env = testEnv();
  const local = await running(env);
  await backup(env);
  await local.stop();
  await assert.rejects(localBroker({}, ['backup'], env), refusal(/^backup is a backup; .* ottla restore backup DIR$/));
  await env.disk.makeDirectory('half');
  await (await env.disk.open('half/.ottla_incomplete', 'create')).close();
  await assert.rejects(localBroker({}, ['half'], env), refusal(/^half is incomplete/));
});

test('a damaged backup is found out by the restore, and no broker starts on what it has made', async () => {
  const env = testEnv();
  const local = await running(env);
  await local.createTopic('orders');
  await produce(await local.partition('orders'), 2);
  await backup(env);
  await local.stop();
  env.disk.file('backup/orders-0/00000000000000000000.log')?.corrupt(100);
  const { reports } = await restoring(env, 'restored');
  assert.match(reports.flatMap(faultsOf)[0]?.problem ?? '', /the checksum of a batch is wrong/);
  await assert.rejects(localBroker({}, ['restored'], env), refusal(/^restored is incomplete/));
});

test('a file that is shorter than it was ends the restore; one that has grown is copied as it was', async () => {
  const env = testEnv();
  const local = await running(env);
  await local.createTopic('orders');
  await produce(await local.partition('orders'), 2);
  await backup(env);
  const file = await env.disk.open('backup/orders-0/00000000000000000000.log', 'existing');
  const bytes = await file.size();
  await file.write([Buffer.from('more')], bytes);
  assert.equal(await restoredEnd(env, 'grown', 'orders'), 2);
  await file.truncate(bytes - 1);
  await assert.rejects(restoredEnd(env, 'shorter', 'orders'), refusal(/has only \d+ of its \d+ bytes$/));
  await local.stop();
});

function refusal(sentence: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DataDirectoryRefused, String(error));
    if (typeof sentence === 'string') assert.equal(error.message, sentence);
    else assert.match(error.message, sentence);
    return true;
  };
}

test('a backup that could not be answered does not keep the next one from its answer', async () => {
  const env = testEnv();
  await env.disk.makeDirectory('data');
  let fails = true;
  const engine = Object.assign(new MemoryLogEngine({ env }), {
    async cut() {
      if (fails) throw new Error('a bug');
      return [];
    },
  });
  const cuts = new BackupCuts({
    env,
    root: 'data',
    engine,
    partitions: { getById: async () => ErrorCode.UNKNOWN_TOPIC_ID, isUnknown: () => true },
  });
  const ask = async () => {
    await replaceFile(env.disk, `data/${CUT_REQUEST}`, 'id');
    for (let second = 0; second < 3; second += 1) await env.clock.advance(1_000);
    return (await env.disk.list('data')).map(({ name }) => name);
  };
  assert.deepEqual(await ask(), []);
  fails = false;
  assert.deepEqual(await ask(), [CUT_ANSWER]);
  await cuts.stop();
});
