/**
 * A broker for tests: faults on demand, time that can be moved, a look inside without a client.
 *
 * ```ts
 * await using broker = await startBroker({ topics: { orders: 3 } });
 * broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER').times(2);
 * await broker.clock.advance('10m');
 * await broker.groups.waitFor('billing', { state: 'Stable', members: 2 });
 * for await (const record of broker.tail('orders', { signal })) …
 * ```
 *
 * @module
 */
import { type BrokerOptions, type RunningBroker, runningBroker, startNodeFor } from './index.ts';
import { AdjustableClock } from './platform/adjustable-clock.ts';
import { nodeClock, nodeTimers } from './platform/node-clock.ts';
import { handlers } from './server/handlers/all.ts';
import { type Duration, durationMs } from './testing/duration.ts';
import { Faults } from './testing/faults.ts';
import { forgetTopics } from './testing/forget.ts';
import { Groups } from './testing/groups.ts';
import { Namespace } from './testing/namespace.ts';
import { type TailedRecord, type TailOptions, tail } from './testing/tail.ts';

export type { BrokerOptions, RunningBroker, TopicSpec } from './index.ts';
export type { Duration } from './testing/duration.ts';
export type { ErrorName, Fault, Faults } from './testing/faults.ts';
export type { GroupExpectation, Groups } from './testing/groups.ts';
export type { Namespace } from './testing/namespace.ts';
export type { TailedRecord, TailOptions } from './testing/tail.ts';

export interface TestClock {
  /** The broker's time, milliseconds since the epoch. */
  now(): number;
  /** Lets the broker live through this time at once: sessions end, retention passes, what is due happens in order. */
  advance(duration: Duration): Promise<void>;
}

export interface TestBroker extends RunningBroker {
  readonly faults: Faults;
  readonly clock: TestClock;
  readonly groups: Groups;
  /** What consumers may read of a topic, as it comes. */
  tail(topic: string, options?: TailOptions): AsyncGenerator<TailedRecord>;
  /** All topics, groups and producers are gone, and all faults lifted. Connections stay. */
  reset(): Promise<void>;
  /** A corner of this broker for one of several tests that share it. */
  namespace(name: string): Namespace;
}

/** Like `startBroker` of `ottla`, with what tests need beside it. */
export async function startBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  const time = new AdjustableClock({ clock: nodeClock, timers: nodeTimers });
  const faults = new Faults(
    handlers.map(({ api }) => api.name),
    time,
  );
  const node = await startNodeFor(options, { time, interceptor: faults.interceptor });
  const { broker } = node;
  const groups = new Groups(broker, nodeTimers);
  return {
    ...runningBroker(node),
    faults,
    clock: { now: () => time.now(), advance: (duration) => time.advance(durationMs(duration)) },
    groups,
    tail: (topic, tailOptions) => tail(broker, topic, tailOptions),
    async reset() {
      faults.clear();
      await forgetTopics(broker, () => true);
    },
    namespace: (name) => new Namespace(broker, groups, name),
  };
}
