/**
 * An application that reads committed records of one partition, writes one record for each to another, and commits its offset in the same transaction (KIP-447). Each instance
 * goes on where the group is; several of the same transactional id make zombies of each other. Exactly once: what the target has is what the source had, once and in order.
 */
import { ErrorCode } from '../../src/protocol/error-code.ts';
import { OffsetFetch } from '../../src/protocol/messages/offset-fetch.ts';
import type { TransactionTruth } from '../checkers/transaction-truth.ts';
import type { Client } from '../clients/client.ts';
import { fetchCommitted, type PartitionPlace } from '../clients/read-committed.ts';
import { TransactionalSession } from '../clients/transactional-session.ts';
import { violated, type World } from '../world/world.ts';
import { commit } from './transactor.ts';

const CHAIN_GROUP = 'chain';
const PAUSE_MS_MAX = 150;
const MAX_WAIT_MS = 100;
const BYTES_MAX = 600;

export interface ChainPlan {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  readonly sourceTopic: string;
  readonly source: PartitionPlace;
  readonly targetTopic: string;
}

export class Chain {
  readonly #world: World;
  readonly #client: Client;
  readonly #plan: ChainPlan;
  readonly #truth: TransactionTruth;
  #instances = 0;
  #transactions = 0;

  constructor(world: World, client: Client, options: { plan: ChainPlan; truth: TransactionTruth }) {
    this.#world = world;
    this.#client = client;
    this.#plan = options.plan;
    this.#truth = options.truth;
  }

  async run(): Promise<void> {
    const { random } = this.#world;
    while (!this.#world.isDraining) {
      this.#instances += 1;
      const session = await this.#begin(random.chance(0.6) ? 2 : 1);
      let position: number | undefined = await committedOffset(this.#world, this.#client, this.#plan);
      this.#client.note(`goes on at ${position}`);
      while (!this.#world.isDraining && position !== undefined) {
        position = random.chance(0.05) ? undefined : await this.#step(session, position);
        await this.#world.sleep(random.next() * PAUSE_MS_MAX);
      }
    }
  }

  async #begin(version: 1 | 2): Promise<TransactionalSession> {
    const { transactionalId, timeoutMs } = this.#plan;
    const plan = { transactionalId, version, transactionTimeoutMs: timeoutMs };
    const session = new TransactionalSession(this.#world, this.#client, plan);
    await session.init();
    return session;
  }

  /** Answers where it goes on; undefined when this instance does not. */
  async #step(session: TransactionalSession, position: number): Promise<number | undefined> {
    const wanted = { offset: position, maxWaitMs: MAX_WAIT_MS, bytesMax: BYTES_MAX };
    const fetched = await fetchCommitted(this.#client, this.#plan.source, wanted);
    if (fetched === undefined || fetched.errorCode !== ErrorCode.NONE || fetched.nextOffset === position)
      return position;
    this.#truth.read(this.#plan.source.name, position, fetched);
    return (await this.#transform(session, fetched)) ? fetched.nextOffset : undefined;
  }

  async #transform(
    session: TransactionalSession,
    { records, nextOffset }: { records: readonly { offset: number }[]; nextOffset: number },
  ): Promise<boolean> {
    const { source, sourceTopic, targetTopic } = this.#plan;
    this.#transactions += 1;
    const transaction = this.#truth.begin(`${this.#client.name}.${this.#instances}/${this.#transactions}`);
    const partition = `${targetTopic}-${source.index}`;
    const values = records.map(({ offset }) => `${this.#truth.newId(transaction, partition)}|${offset}`);
    const isSent = values.length === 0 || (await session.send(targetTopic, source.index, values)) === 'done';
    const position = { topic: sourceTopic, index: source.index, offset: nextOffset };
    if (isSent && (await session.commitOffset(CHAIN_GROUP, position)) === 'done') {
      if (this.#world.random.chance(0.85)) return commit(this.#world, session, { transaction, truth: this.#truth });
      await session.end(false);
    }
    this.#truth.gaveUp(transaction);
    return false;
  }
}

/** Where the group goes on, when no transaction may still change that. */
export async function committedOffset(
  world: World,
  client: Client,
  { sourceTopic, source }: Pick<ChainPlan, 'sourceTopic' | 'source'>,
): Promise<number> {
  for (;;) {
    const topics = [{ name: sourceTopic, partitionIndexes: [source.index] }];
    const request = { groups: [{ groupId: CHAIN_GROUP, topics }], requireStable: true };
    const group = (await client.request(OffsetFetch, 8, request))?.groups[0];
    const found = group?.topics[0]?.partitions[0];
    if (group?.errorCode === ErrorCode.NONE && found?.errorCode === ErrorCode.NONE)
      return Math.max(0, found.committedOffset);
    await world.sleep(world.random.next() * PAUSE_MS_MAX);
  }
}

export interface ChainEnd {
  readonly name: string;
  /** The group's committed offset in the source. */
  readonly committed: number;
  /** Offsets of all committed records of the source. */
  readonly source: readonly number[];
  /** The offsets in the source that the target's records were made from, in the target's order. */
  readonly target: readonly number[];
}

/** Invariant I19: offsets and records of a transaction are there together. */
export function checkChain({ name, committed, source, target }: ChainEnd): void {
  const wanted = source.filter((offset) => offset < committed);
  for (const [index, offset] of target.entries()) {
    if (offset !== wanted[index]) violated(`${name}: ${offset} of the source where ${wanted[index]} comes next`);
  }
  if (target.length < wanted.length)
    violated(`${name}: the group is at ${committed}, but ${wanted[target.length]} is missing`);
}
