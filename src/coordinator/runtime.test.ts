/** Fails when invariants I7 and I8 do not hold. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { Lifecycle } from '../base/lifecycle.ts';
import { limits } from '../base/limits.ts';
import type { TransactionOutcome } from '../partition/transaction-marker.ts';
import { buildBatch } from '../protocol/batch/build.ts';
import { recordCount } from '../protocol/batch/header.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { PendingReply } from './pending-reply.ts';
import { CoordinatorRuntime } from './runtime.ts';
import type { RecordCodec, RecordPosition, StateMachine, Unasked } from './state-machine.ts';
import { FakeLog } from './testing/fake-log.ts';

/** A list of words: the smallest state that shows order. */
class Words implements StateMachine<string> {
  readonly words: string[] = [];
  readonly offsets: number[] = [];
  readonly ends: string[] = [];
  readonly wakes: string[] = [];
  waiting: PendingReply<string> | undefined;

  apply(record: string, { offset, producerId }: RecordPosition): void {
    this.words.push(producerId === -1 ? record : `${record} of ${producerId}`);
    this.offsets.push(offset);
  }

  applyTransactionEnd(producerId: number, outcome: TransactionOutcome): void {
    this.ends.push(`${producerId} ${outcome}`);
  }
}

const unasked: Unasked<Words, string> = {
  onLoaded: (_, turn) => turn.wakeAt('loaded', turn.monotonicMs + 1_000),
  onWake: (state, _, key) => state.wakes.push(key),
};

const codec: RecordCodec<string> = {
  encode: (record) => ({ key: Buffer.from(record), value: Buffer.alloc(0) }),
  decode: (key) => (key.length === 0 ? undefined : Buffer.from(key).toString()),
};

const refusal = (error: ErrorCode) => `error ${error}`;

class Fixture {
  readonly env: TestEnv = testEnv();
  readonly log = new FakeLog();
  opened: FakeLog | ErrorCode | Promise<FakeLog> = this.log;
  /** Partition 1. */
  another: ErrorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER;
  openings = 0;
  readonly runtime = new CoordinatorRuntime<Words, string>({
    env: this.env,
    background: new Lifecycle(this.env.logger),
    topic: 'test',
    partitions: {
      open: (index) => {
        if (index !== 0) return this.another;
        this.openings += 1;
        return this.opened;
      },
      withLog: async () => [0, 1],
    },
    newState: () => new Words(),
    unasked,
    codec,
  });

  say(word: string): string | Promise<string> {
    return this.runtime.submit(
      0,
      (state, turn) => {
        turn.append(word);
        return state.words.join(' ');
      },
      refusal,
    );
  }

  /** A command whose reply a later one owes. */
  park(): string | Promise<string> {
    return this.runtime.submit<string>(
      0,
      (state) => {
        state.waiting = new PendingReply();
        return state.waiting;
      },
      refusal,
    );
  }

  read(): string | Promise<string> {
    return this.runtime.submit(0, (state) => state.words.join(' '), refusal);
  }
}

/** What a promise has come to, or 'waiting'. */
async function seen(reply: string | Promise<string>): Promise<string> {
  await settle();
  return Promise.race([reply, Promise.resolve('waiting')]);
}

test('the next command sees what the one before has appended, before it is durable', async () => {
  const fixture = new Fixture();
  fixture.log.isFast = false;
  await fixture.read();
  const first = fixture.say('a');
  const second = fixture.say('b');
  assert.equal(await seen(first), 'waiting');
  fixture.log.sync();
  assert.equal(await seen(first), 'a');
  assert.equal(await seen(second), 'a b');
});

test('commands of one turn share one append', async () => {
  const fixture = new Fixture();
  await fixture.read();
  await Promise.all([fixture.say('a'), fixture.say('b'), fixture.say('c')]);
  assert.deepEqual(fixture.log.batches.map(recordCount), [3]);
});

test('a reply is held until what it has seen is durable, that of a read too', async () => {
  const fixture = new Fixture();
  fixture.log.isFast = false;
  await fixture.read();
  const said = fixture.say('a');
  await settle();
  const read = fixture.read();
  assert.equal(await seen(said), 'waiting');
  assert.equal(await seen(read), 'waiting');
  fixture.log.sync();
  assert.equal(await seen(read), 'a');
});

test('a read of what is durable is answered in the same turn', async () => {
  const fixture = new Fixture();
  await fixture.say('a');
  assert.equal(fixture.read(), 'a');
});

test('a reply given by a later command waits for that command to be durable', async () => {
  const fixture = new Fixture();
  fixture.log.isFast = false;
  const parked = fixture.park();
  assert.equal(await seen(parked), 'waiting');
  const giver = fixture.runtime.submit<string>(
    0,
    (state, turn) => {
      turn.append('a');
      if (state.waiting !== undefined) turn.reply(state.waiting, 'your turn');
      return 'given';
    },
    refusal,
  );
  assert.equal(await seen(parked), 'waiting');
  fixture.log.sync();
  assert.equal(await seen(parked), 'your turn');
  assert.equal(await seen(giver), 'given');
});

test('an append that is refused drops the state, tells all who wait, and is replayed after a pause', async () => {
  const fixture = new Fixture();
  await fixture.say('kept');
  const parked = fixture.park();
  fixture.log.refuses = true;
  const lost = fixture.say('lost');
  assert.equal(await seen(lost), refusal(ErrorCode.NOT_COORDINATOR));
  assert.equal(await seen(parked), refusal(ErrorCode.NOT_COORDINATOR));
  assert.equal(await seen(fixture.read()), refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE));
  fixture.log.refuses = false;
  await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
  assert.equal(await seen(fixture.read()), 'kept');
});

test('a fault of the disk refuses every reply that waited for it', async () => {
  const fixture = new Fixture();
  fixture.log.isFast = false;
  await fixture.read();
  const said = fixture.say('a');
  await settle();
  fixture.log.fail('storage');
  assert.equal(await seen(said), refusal(ErrorCode.NOT_COORDINATOR));
});

test('a partition that stopped is not answered from memory', async () => {
  const fixture = new Fixture();
  await fixture.say('a');
  fixture.log.fail('not-leader');
  assert.equal(await seen(fixture.read()), refusal(ErrorCode.NOT_COORDINATOR));
});

test('a command with a bug costs the state in memory and nothing that was durable', async () => {
  const fixture = new Fixture();
  await fixture.say('a');
  const broken = fixture.runtime.submit<string>(
    0,
    (_state, turn) => {
      turn.append('half');
      throw new Error('a bug');
    },
    refusal,
  );
  assert.equal(await seen(broken), refusal(ErrorCode.UNKNOWN_SERVER_ERROR));
  await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
  assert.equal(await seen(fixture.read()), 'a');
});

test('someone else who writes to the log is noticed before anything is answered', async () => {
  const fixture = new Fixture();
  await fixture.read();
  const said = fixture.say('a');
  fixture.log.write(buildBatch({ records: [{ key: Buffer.from('foreign'), value: null }] }));
  assert.equal(await seen(said), refusal(ErrorCode.NOT_COORDINATOR));
});

test('nothing is taken for durable because someone else has written to the log', async () => {
  const fixture = new Fixture();
  await fixture.read();
  fixture.log.appendInternal(buildBatch({ records: [{ key: Buffer.from('foreign'), value: null }] }));
  assert.equal(await seen(fixture.say('a')), refusal(ErrorCode.NOT_COORDINATOR));
});

test('commands wait for the loading, in order', async () => {
  const fixture = new Fixture();
  const opening = Promise.withResolvers<FakeLog>();
  fixture.opened = opening.promise;
  const replies = [fixture.say('a'), fixture.say('b'), fixture.read()];
  assert.equal(await seen(replies[0] ?? ''), 'waiting');
  opening.resolve(fixture.log);
  assert.deepEqual(await Promise.all(replies), ['a', 'a b', 'a b']);
  assert.equal(fixture.openings, 1);
});

test('what all partitions have is collected: one that is led elsewhere has nothing, one that cannot be read now is told', async () => {
  const fixture = new Fixture();
  const collect = () => fixture.runtime.collect(({ words }) => words);
  await fixture.say('a');
  await fixture.say('b');
  assert.deepEqual(await collect(), ['a', 'b']);
  fixture.another = ErrorCode.KAFKA_STORAGE_ERROR;
  assert.equal(await collect(), ErrorCode.COORDINATOR_NOT_AVAILABLE);
});

test('more commands than may wait for the loading are refused', async () => {
  const fixture = new Fixture();
  const opening = Promise.withResolvers<FakeLog>();
  fixture.opened = opening.promise;
  for (let count = 0; count < limits.coordinatorCommandsWhileLoading; count += 1) void fixture.read();
  assert.equal(fixture.read(), refusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS));
  opening.resolve(fixture.log);
  await settle();
  assert.equal(fixture.read(), '');
});

test('a partition that is led elsewhere is not asked again before the next command', async () => {
  const fixture = new Fixture();
  fixture.opened = ErrorCode.NOT_LEADER_OR_FOLLOWER;
  assert.equal(await seen(fixture.read()), refusal(ErrorCode.NOT_COORDINATOR));
  fixture.opened = fixture.log;
  assert.equal(await seen(fixture.read()), '');
});

test('an unloaded state is gone, and comes back from the log', async () => {
  const fixture = new Fixture();
  await fixture.say('a');
  const parked = fixture.park();
  fixture.runtime.unload(0);
  assert.equal(await seen(parked), refusal(ErrorCode.NOT_COORDINATOR));
  assert.equal(await seen(fixture.read()), 'a');
  assert.equal(fixture.openings, 2);
});

/** The log is closed in order, as for a move. Answers what opens it again, with the same records or others. */
function closed(fixture: Fixture): (log?: FakeLog) => void {
  const next = fixture.log.reopen();
  const { promise, resolve } = Promise.withResolvers<FakeLog>();
  fixture.opened = promise;
  return (log = next) => resolve(log);
}

test('a log that is closed in order and opened again has kept its coordinator: commands wait, and find the state and who waits as they were', async () => {
  const fixture = new Fixture();
  fixture.log.isFast = false;
  const parked = fixture.park();
  const before = fixture.say('a');
  await settle();
  const open = closed(fixture);
  assert.equal(await seen(before), 'a');
  const during = [fixture.say('b'), fixture.read()];
  assert.equal(await seen(during[0] ?? ''), 'waiting');
  open();
  assert.deepEqual(await Promise.all(during), ['a b', 'a b']);
  assert.equal(await fixture.say('c'), 'a b c');
  const given = fixture.runtime.submit(
    0,
    (state, turn) => {
      if (state.waiting !== undefined) turn.reply(state.waiting, 'still here');
      return `${state.words.length} words, at ${state.offsets}`;
    },
    refusal,
  );
  assert.deepEqual(await Promise.all([given, parked]), ['3 words, at 0,1,2', 'still here']);
  assert.equal(fixture.openings, 2);
});

test('what a turn has decided goes into the log that is opened again, when it could not go into the one that was closed', async () => {
  const fixture = new Fixture();
  await fixture.read();
  const said = fixture.say('a');
  const open = closed(fixture);
  assert.equal(await seen(said), 'waiting');
  open();
  assert.equal(await seen(said), 'a');
  const log = await fixture.opened;
  assert.ok(typeof log !== 'number');
  assert.equal(log.logEndOffset, 1);
});

test('a wake-up that comes while the log is closed comes when it is open again', async () => {
  const fixture = new Fixture();
  await fixture.read();
  const open = closed(fixture);
  await fixture.env.clock.advance(1_000);
  open();
  await settle();
  assert.deepEqual(await fixture.runtime.submit(0, (state) => state.wakes.join(), refusal), 'loaded');
});

const others: Readonly<Record<string, (log: FakeLog, next: FakeLog) => void>> = {
  'has other records': (_log, next) => next.write(buildBatch({ records: [{ key: Buffer.from('b'), value: null }] })),
  'was not closed in order': (log) => {
    log.isClosedInOrder = false;
  },
  'is led in another epoch': (_log, next) => {
    next.leaderEpoch = 1;
  },
};

for (const [what, change] of Object.entries(others)) {
  test(`a log that ${what} when it is opened again costs the state in memory`, async () => {
    const fixture = new Fixture();
    await fixture.say('a');
    const parked = fixture.park();
    const next = fixture.log.reopen();
    change(fixture.log, next);
    fixture.opened = next;
    assert.equal(await seen(fixture.read()), refusal(ErrorCode.NOT_COORDINATOR));
    assert.equal(await seen(parked), refusal(ErrorCode.NOT_COORDINATOR));
    await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
    assert.match(await seen(fixture.read()), /^a/);
    assert.equal(fixture.openings, 3);
  });
}

test('what was not durable when the log was closed is not taken for it', async () => {
  const fixture = new Fixture();
  fixture.log.isFast = false;
  await fixture.read();
  const said = fixture.say('a');
  await settle();
  fixture.log.fail('closed');
  fixture.opened = new FakeLog();
  assert.equal(await seen(said), refusal(ErrorCode.NOT_COORDINATOR));
  await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
  assert.equal(await seen(fixture.read()), '');
});

test('a log that cannot be opened again ends the coordinator, and is read later', async () => {
  const fixture = new Fixture();
  await fixture.say('a');
  const next = fixture.log.reopen();
  fixture.opened = ErrorCode.KAFKA_STORAGE_ERROR;
  assert.equal(await seen(fixture.read()), refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE));
  fixture.opened = next;
  await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
  assert.equal(await seen(fixture.read()), 'a');
});

test('no more commands wait for a log to be opened again than for one to be loaded; an unloading ends them all', async () => {
  const fixture = new Fixture();
  await fixture.say('a');
  const parked = fixture.park();
  const open = closed(fixture);
  const waiting = Array.from({ length: limits.coordinatorCommandsWhileLoading }, () => fixture.read());
  assert.equal(fixture.read(), refusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS));
  fixture.runtime.unload(0);
  assert.equal(await seen(parked), refusal(ErrorCode.NOT_COORDINATOR));
  open();
  assert.deepEqual([...new Set(await Promise.all(waiting))], [refusal(ErrorCode.NOT_COORDINATOR)]);
});

test('a replay applies records with their offsets, transactions with their ends, and skips what it does not know', async () => {
  const fixture = new Fixture();
  const { log } = fixture;
  const key = (text: string) => [{ key: Buffer.from(text), value: Buffer.alloc(0) }];
  log.write(buildBatch({ records: [...key('a'), ...key(''), ...key('b')] }));
  log.write(buildBatch({ records: key('t'), producerId: 7, producerEpoch: 0, isTransactional: true }));
  const commitMarker = [{ key: Buffer.from([0, 0, 0, 1]), value: Buffer.from([0, 0, 0, 0, 0, 0]) }];
  log.write(
    buildBatch({ records: commitMarker, producerId: 7, producerEpoch: 0, isTransactional: true, isControl: true }),
  );
  const state = await fixture.runtime.submit<Words | undefined>(
    0,
    (words) => words,
    () => undefined,
  );
  assert.deepEqual(state?.words, ['a', 'b', 't of 7']);
  assert.deepEqual(state?.offsets, [0, 2, 3]);
  assert.deepEqual(state?.ends, ['7 committed']);
});

test('records are applied with the offsets that they get in the log', async () => {
  const fixture = new Fixture();
  await Promise.all([fixture.say('a'), fixture.say('b')]);
  await fixture.say('c');
  const offsets = await fixture.runtime.submit<readonly number[]>(
    0,
    (state) => state.offsets,
    () => [],
  );
  assert.deepEqual(offsets, [0, 1, 2]);
});

test('moving a wake-up back touches no timer, moving it forward does', async () => {
  const fixture = new Fixture();
  await fixture.read();
  const wakeIn = (ms: number) =>
    fixture.runtime.submit<readonly string[]>(
      0,
      (state, turn) => {
        turn.wakeAt('key', turn.monotonicMs + ms);
        return [...state.wakes];
      },
      () => [],
    );
  await wakeIn(100);
  const timers = fixture.env.clock.timersWaiting;
  await wakeIn(500);
  assert.equal(fixture.env.clock.timersWaiting, timers);
  await wakeIn(50);
  await fixture.env.clock.advance(60);
  assert.deepEqual(await wakeIn(1), ['key']);
});

test('after a stop no command is taken and no timer runs; who waits is told at the close', async () => {
  const fixture = new Fixture();
  fixture.log.isFast = false;
  await fixture.read();
  const said = fixture.say('a');
  const parked = fixture.park();
  fixture.runtime.stop();
  assert.equal(fixture.read(), refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE));
  assert.equal(fixture.env.clock.timersWaiting, 0);
  assert.equal(fixture.log.batches.length, 1);
  fixture.log.sync();
  assert.equal(await seen(said), 'a');
  fixture.runtime.close();
  assert.equal(await seen(parked), refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE));
});

test('a log that cannot be read is an error now, and read again later', async () => {
  const fixture = new Fixture();
  fixture.log.batches.push(Buffer.alloc(70));
  assert.equal(await seen(fixture.read()), refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE));
  assert.equal(await seen(fixture.read()), refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE));
  assert.equal(fixture.openings, 1);
  fixture.log.batches.pop();
  await fixture.env.clock.advance(limits.coordinatorReloadPauseMs);
  assert.equal(await seen(fixture.read()), '');
});
