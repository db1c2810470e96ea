/** A corner of a shared broker for one test: names that no other test has, and a reset that leaves the others alone. */
import type { OpenBroker } from '../broker/broker.ts';
import { createTopics, type TopicSpec } from '../index.ts';
import { forgetGroups, forgetTopics } from './forget.ts';
import type { GroupExpectation, Groups } from './groups.ts';
import { type TailedRecord, type TailOptions, tail } from './tail.ts';

export class Namespace {
  readonly #broker: OpenBroker;
  readonly #groups: Groups;
  readonly #prefix: string;

  constructor(broker: OpenBroker, groups: Groups, name: string) {
    this.#broker = broker;
    this.#groups = groups;
    this.#prefix = `${name}.`;
  }

  /** The topic's name on the broker: what clients of this test are given. */
  topic(name: string): string {
    return this.#prefix + name;
  }

  /** The group's name on the broker. */
  group(name: string): string {
    return this.#prefix + name;
  }

  async createTopics(topics: Readonly<Record<string, number | TopicSpec>>): Promise<void> {
    const entries = Object.entries(topics).map(([name, spec]) => [this.topic(name), spec] as const);
    await createTopics({ broker: this.#broker }, Object.fromEntries(entries));
  }

  tail(name: string, options?: TailOptions): AsyncGenerator<TailedRecord> {
    return tail(this.#broker, this.topic(name), options);
  }

  waitForGroup(name: string, expectation?: GroupExpectation): ReturnType<Groups['waitFor']> {
    return this.#groups.waitFor(this.group(name), expectation);
  }

  /** Deletes the topics of this namespace, and those of its groups that have no members. */
  async reset(): Promise<void> {
    const isOurs = (name: string) => name.startsWith(this.#prefix);
    await forgetTopics(this.#broker, isOurs);
    await forgetGroups(this.#broker, isOurs);
  }
}
