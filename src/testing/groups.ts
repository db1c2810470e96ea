/** What a test may ask of the broker's groups. */
import type { Timers } from '../base/env.ts';
import type { OpenBroker } from '../broker/broker.ts';
import type { DescribedGroup } from '../coordinator/group/classic/describe.ts';
import { type Duration, durationMs } from './duration.ts';

export interface GroupExpectation {
  /** Kafka's name of the state, such as `Stable` or `Empty`. */
  readonly state?: string;
  readonly members?: number;
  /** In real time. Default: 10 seconds. */
  readonly timeout?: Duration;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** A group tells nobody when it changes, and a look costs microseconds. */
const LOOK_EVERY_MS = 2;

export class Groups {
  readonly #broker: OpenBroker;
  readonly #timers: Timers;

  /** `timers` are real ones: a test that moves the broker's clock waits no less. */
  constructor(broker: OpenBroker, timers: Timers) {
    this.#broker = broker;
    this.#timers = timers;
  }

  /** The group as it is when it meets the expectation. Rejects when it does not in time, and says how it was then. */
  async waitFor(groupId: string, expectation: GroupExpectation = {}): Promise<DescribedGroup> {
    let isLate = false;
    const timeoutMs = durationMs(expectation.timeout ?? DEFAULT_TIMEOUT_MS);
    const timeout = this.#timers.after(timeoutMs, () => {
      isLate = true;
    });
    try {
      for (;;) {
        const group = await this.#broker.groups.describeGroup(groupId);
        if (typeof group !== 'number' && meets(group, expectation)) return group;
        if (isLate) throw new Error(`group ${groupId} after ${timeoutMs} ms: ${state(group)}`);
        await new Promise<void>((resolve) => this.#timers.after(LOOK_EVERY_MS, resolve));
      }
    } finally {
      timeout.cancel();
    }
  }
}

function meets(group: DescribedGroup, { state, members }: GroupExpectation): boolean {
  const stateFits = state === undefined || group.groupState === state;
  return stateFits && (members === undefined || group.members?.length === members);
}

function state(group: DescribedGroup | number): string {
  return typeof group === 'number' ? 'there is none' : `${group.groupState} with ${group.members?.length} members`;
}
