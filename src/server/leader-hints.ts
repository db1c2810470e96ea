/** Where a partition is led instead: told with refusals, so that clients need not ask for metadata first (KIP-951). */
import type { TopicRegistration } from '../metadata/metadata-image.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { type BrokerAddress, brokerAddress } from './broker-addresses.ts';
import type { RequestContext } from './handler.ts';

export interface LeaderHint {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** Collects the hints of one answer, and the addresses of the brokers that they name. */
export class LeaderHints {
  readonly #context: RequestContext;
  /** Made for the first one: most answers have none. */
  #addresses: Map<number, BrokerAddress> | undefined;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Undefined unless `error` says that the leader is another one, or leads in another epoch. */
  hint(error: ErrorCode, topic: TopicRegistration | undefined, index: number): LeaderHint | undefined {
    if (error !== ErrorCode.NOT_LEADER_OR_FOLLOWER && error !== ErrorCode.FENCED_LEADER_EPOCH) return undefined;
    const partition = topic?.partitions[index];
    if (partition === undefined) return undefined;
    const { leader, leaderEpoch } = partition;
    // The client is connected to this broker and knows where it is.
    const address = leader === this.#context.broker.nodeId ? undefined : brokerAddress(this.#context, leader);
    if (address !== undefined) {
      this.#addresses ??= new Map();
      this.#addresses.set(leader, address);
    }
    return { leaderId: leader, leaderEpoch };
  }

  get nodeEndpoints(): readonly BrokerAddress[] {
    return this.#addresses === undefined ? none : [...this.#addresses.values()];
  }
}

const none: readonly BrokerAddress[] = [];
