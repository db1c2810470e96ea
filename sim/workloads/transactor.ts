/**
 * An application that writes transactions over several partitions: most it commits, some it aborts, some it leaves behind, as one that crashed or hangs would, to begin again as a
 * new instance. Several may have the same transactional id: each then makes zombies of the others.
 */
import type { SimTransaction, TransactionTruth } from '../checkers/transaction-truth.ts';
import type { Client } from '../clients/client.ts';
import { TransactionalSession } from '../clients/transactional-session.ts';
import type { World } from '../world/world.ts';

const PAUSE_MS_MAX = 120;
/** Longer than the time-out of a transaction and the coordinator's search for such. */
const HANG_MS = 4_000;
const RECORDS_MAX = 4;
/** Long enough for a transaction on a slow disk: in the end, two of one transactional id must not fence each other for ever. */
const GIVES_WAY_MS_MAX = 4_000;
const KEYS = 12;
const DIES_WHILE_COMMITTING = 0.08;

export interface TransactionPartition {
  readonly topic: string;
  readonly index: number;
}

export interface TransactorPlan {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  readonly partitions: readonly TransactionPartition[];
  /** Of this topic records have keys that come again. */
  readonly keyedTopic?: string;
}

export class Transactor {
  readonly #world: World;
  readonly #client: Client;
  readonly #plan: TransactorPlan;
  readonly #truth: TransactionTruth;
  #instances = 0;
  #transactions = 0;

  constructor(world: World, client: Client, options: { plan: TransactorPlan; truth: TransactionTruth }) {
    this.#world = world;
    this.#client = client;
    this.#plan = options.plan;
    this.#truth = options.truth;
  }

  /** In the end, when nothing fails any more, it gets one more transaction through. */
  async run(): Promise<void> {
    let isThrough = false;
    while (!isThrough) {
      if (this.#world.isDraining) await this.#world.sleep(this.#world.random.next() * GIVES_WAY_MS_MAX);
      const session = await this.#newInstance();
      let goesOn = true;
      while (goesOn && !isThrough) {
        const wasDraining = this.#world.isDraining;
        goesOn = await this.#transact(session);
        isThrough = wasDraining && goesOn;
        await this.#world.sleep(this.#world.random.next() * PAUSE_MS_MAX);
      }
    }
  }

  async #newInstance(): Promise<TransactionalSession> {
    const { random } = this.#world;
    this.#instances += 1;
    const version = random.chance(0.6) ? 2 : 1;
    const { transactionalId, timeoutMs } = this.#plan;
    const plan = { transactionalId, version, transactionTimeoutMs: timeoutMs } as const;
    const session = new TransactionalSession(this.#world, this.#client, plan);
    await session.init();
    return session;
  }

  /** False when this instance does not go on. */
  async #transact(session: TransactionalSession): Promise<boolean> {
    const { random } = this.#world;
    this.#transactions += 1;
    const transaction = this.#truth.begin(`${this.#client.name}.${this.#instances}/${this.#transactions}`);
    const dice = this.#world.isDraining ? 0 : random.next();
    for (const { topic, index } of this.#choosePartitions()) {
      const count = random.between(1, RECORDS_MAX);
      const values = Array.from({ length: count }, () => this.#newId(transaction, { topic, index }));
      if ((await session.send(topic, index, values)) === 'lost') return this.#loses(session, transaction);
      await this.#world.sleep(random.next() * PAUSE_MS_MAX * 0.2);
    }
    if (dice < 0.68) return commit(this.#world, session, { transaction, truth: this.#truth });
    this.#truth.gaveUp(transaction);
    if (dice < 0.85) return this.#abort(session);
    if (dice < 0.95) return false;
    this.#client.note('hangs');
    await this.#world.sleep(HANG_MS);
    // Nobody knows whether the coordinator has lost its patience: the abort must be taken or refused.
    return this.#abort(session);
  }

  #newId(transaction: SimTransaction, { topic, index }: TransactionPartition): string {
    const key = topic === this.#plan.keyedTopic ? `k${this.#world.random.below(KEYS)}` : undefined;
    return this.#truth.newId(transaction, `${topic}-${index}`, key);
  }

  /** Some clients take a new epoch before they go on, so that what they sent before can never arrive. */
  async #abort(session: TransactionalSession): Promise<boolean> {
    if ((await session.end(false)) !== 'done') return false;
    return this.#world.random.chance(0.7) || (await session.bumpEpoch()) === 'done';
  }

  /** Its user may abort and go on, or begin again. */
  async #loses(session: TransactionalSession, transaction: SimTransaction): Promise<boolean> {
    this.#truth.gaveUp(transaction);
    return this.#world.random.chance(0.5) && this.#abort(session);
  }

  #choosePartitions(): readonly TransactionPartition[] {
    const { random } = this.#world;
    const chosen = this.#plan.partitions.filter(() => random.chance(0.5));
    const [first] = this.#plan.partitions;
    return chosen.length > 0 || first === undefined ? chosen : [first];
  }
}

/** False when the instance can not go on. */
export async function commit(
  world: World,
  session: TransactionalSession,
  { transaction, truth }: { transaction: SimTransaction; truth: TransactionTruth },
): Promise<boolean> {
  truth.commitAsked(transaction);
  if (!world.isDraining && world.random.chance(DIES_WHILE_COMMITTING)) {
    await session.dieCommitting();
    return false;
  }
  const end = await session.end(true);
  if (end === 'done') truth.committed(transaction);
  if (end === 'refused') truth.gaveUp(transaction);
  return end === 'done';
}
