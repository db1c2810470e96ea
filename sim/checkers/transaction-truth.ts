/**
 * What transactional producers were promised, and what readers of committed records may therefore see (invariants I15 to I19): a transaction whole or not at all, nothing of
 * one whose end nobody asked to be a commit, each record once, in the order in which its producer sent it.
 */
import { violated } from '../world/world.ts';

/**
 * `open`: nobody has asked to commit it. `asked`: it may be committed or not. `committed`: the broker said so, or somebody has seen a record of it.
 */
type Outcome = 'open' | 'asked' | 'committed' | 'ended';

export interface SimTransaction {
  readonly name: string;
  /** By the name of a partition: the ids of its records, in order. */
  readonly ids: Map<string, string[]>;
  outcome: Outcome;
}

export class TransactionTruth {
  readonly #transactions: SimTransaction[] = [];
  readonly #byId = new Map<string, SimTransaction>();
  /** By the name of a partition. */
  readonly #stableOffsets = new Map<string, number>();

  get committedCount(): number {
    return this.#transactions.filter(({ outcome }) => outcome === 'committed').length;
  }

  /** `name`: the producer's instance and the transaction's number, which rises. */
  begin(name: string): SimTransaction {
    const transaction: SimTransaction = { name, ids: new Map(), outcome: 'open' };
    this.#transactions.push(transaction);
    return transaction;
  }

  /** Answers the id of another record of the transaction. */
  newId(transaction: SimTransaction, partition: string): string {
    const ids = transaction.ids.get(partition) ?? [];
    transaction.ids.set(partition, ids);
    const id = `${transaction.name}/${partition}/${ids.length}`;
    ids.push(id);
    this.#byId.set(id, transaction);
    return id;
  }

  /** Its records must never be seen: it was aborted, or given up without an attempt to commit it. */
  gaveUp(transaction: SimTransaction): void {
    if (transaction.outcome === 'committed') violated(`${transaction.name} was seen, and its commit was refused`);
    transaction.outcome = 'ended';
  }

  commitAsked(transaction: SimTransaction): void {
    transaction.outcome = 'asked';
  }

  committed(transaction: SimTransaction): void {
    transaction.outcome = 'committed';
  }

  /** A reader of committed records got the record. */
  seen(id: string): void {
    const transaction = this.#byId.get(id) ?? violated(`${id} was read, which nobody wrote`);
    if (transaction.outcome === 'open') violated(`${id} was read, and nobody has asked to commit its transaction`);
    if (transaction.outcome === 'ended') violated(`${id} was read, and its transaction was aborted`);
    transaction.outcome = 'committed';
  }

  /** To be asked when a request is sent, and handed back with its answer. */
  stableOffset(partition: string): number {
    return this.#stableOffsets.get(partition) ?? 0;
  }

  /** Invariant I15. `since`: what was known when the request was sent. */
  stableOffsetSeen(partition: string, seen: { lastStableOffset: number; highWatermark: number }, since: number): void {
    const { lastStableOffset, highWatermark } = seen;
    if (lastStableOffset < since) {
      violated(`${partition}: the last stable offset went back from ${since} to ${lastStableOffset}`);
    }
    if (lastStableOffset > highWatermark) violated(`${partition}: the last stable offset is behind the high watermark`);
    this.#stableOffsets.set(partition, Math.max(lastStableOffset, this.stableOffset(partition)));
  }

  /**
   * Everything that can be read in the end, in order, by the name of a partition. From those in `forgetful` old records may have gone.
   */
  checkEnd(readable: ReadonlyMap<string, readonly string[]>, forgetful: ReadonlySet<string>): void {
    const found = new Set<string>();
    for (const [partition, ids] of readable) {
      for (const id of ids) {
        if (found.has(id)) violated(`${partition}: ${id} is there twice`);
        found.add(id);
        this.seen(id);
      }
      checkOrder(partition, ids);
    }
    for (const { name, ids, outcome } of this.#transactions) {
      if (outcome !== 'committed') continue;
      for (const [partition, wanted] of ids) {
        if (forgetful.has(partition)) continue;
        const missing = wanted.find((id) => !found.has(id));
        if (missing !== undefined) violated(`${name} was committed, and ${missing} is missing`);
      }
    }
  }
}

/** A producer's instance writes one transaction after the other, and the records of each in order. */
function checkOrder(partition: string, ids: readonly string[]): void {
  const last = new Map<string, { readonly transaction: number; readonly record: number }>();
  for (const id of ids) {
    const [producer = '', number, , record] = id.split('/');
    const now = { transaction: Number(number), record: Number(record) };
    const before = last.get(producer);
    const isBehind =
      before === undefined ||
      now.transaction > before.transaction ||
      (now.transaction === before.transaction && now.record > before.record);
    if (!isBehind) violated(`${partition}: ${id} comes after record ${before.record} of ${before.transaction}`);
    last.set(producer, now);
  }
}
