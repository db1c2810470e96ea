/**
 * What transactional producers were promised, and what readers of committed records may therefore see (invariants I15, I16 and I18): a transaction whole or not at all, nothing of
 * one whose end nobody asked to be a commit, each record once, in the order in which its producer sent it. A read leaves out nothing that a later one finds; where records have
 * keys that come again, compaction may take what was replaced, and only by a record that counts.
 */
import type { CommittedFetch } from '../clients/read-committed.ts';
import { violated } from '../world/world.ts';

/**
 * `open`: nobody has asked to commit it. `asked`: it may be committed or not. `committed`: the broker said so, or somebody has seen a record of it.
 */
export type Outcome = 'open' | 'asked' | 'committed' | 'ended';

export interface SimTransaction {
  readonly name: string;
  /** By the name of a partition: the ids of its records, in order. */
  readonly ids: Map<string, string[]>;
  outcome: Outcome;
}

/** A record of committed ones. */
export interface FoundRecord {
  readonly offset: number;
  readonly id: string;
}

interface KnownRecord {
  readonly transaction: SimTransaction;
  /** It was written after all records with a lower one. */
  readonly number: number;
}

interface FoundRecords {
  readonly ids: ReadonlySet<string>;
  /** By partition and key: the number of the last record. */
  readonly last: ReadonlyMap<string, number>;
}

/** Values are ids, with what a chain adds behind a bar. */
export function idOf(value: string): string {
  return value.split('|', 1)[0] ?? '';
}

/** A record without a key of its own is the only one of its key: compaction takes it only when it was aborted. */
export function keyOf(value: string): string {
  return idOf(value).split('/')[4] ?? value;
}

export class TransactionTruth {
  readonly #transactions: SimTransaction[] = [];
  readonly #byId = new Map<string, KnownRecord>();
  /** By the name of a partition: offsets over which a read went without a record. */
  readonly #passedOver = new Map<string, Set<number>>();
  /** By the name of a partition. */
  readonly #stableOffsets = new Map<string, number>();

  get committedCount(): number {
    return this.#transactions.filter(({ outcome }) => outcome === 'committed').length;
  }

  /** How all transactions stand now. */
  outcomes(): ReadonlyMap<SimTransaction, Outcome> {
    return new Map(this.#transactions.map((transaction) => [transaction, transaction.outcome]));
  }

  /** `name`: the producer's instance and the transaction's number, which rises. */
  begin(name: string): SimTransaction {
    const transaction: SimTransaction = { name, ids: new Map(), outcome: 'open' };
    this.#transactions.push(transaction);
    return transaction;
  }

  /** Answers the id of another record of the transaction. With a `key`, records of the partition have one writer at a time. */
  newId(transaction: SimTransaction, partition: string, key?: string): string {
    const ids = transaction.ids.get(partition) ?? [];
    transaction.ids.set(partition, ids);
    const id = `${transaction.name}/${partition}/${ids.length}${key === undefined ? '' : `/${key}`}`;
    ids.push(id);
    this.#byId.set(id, { transaction, number: this.#byId.size });
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

  /** A reader of committed records asked for those of a partition from `from` on, and got an answer. */
  read(partition: string, from: number, { records, nextOffset }: CommittedFetch): void {
    const passedOver = this.#passedOver.get(partition) ?? new Set();
    this.#passedOver.set(partition, passedOver);
    const offsets = new Set(records.map(({ offset }) => offset));
    for (let offset = from; offset < nextOffset; offset += 1) if (!offsets.has(offset)) passedOver.add(offset);
    for (const { offset, value } of records) this.#seen(partition, { offset, id: idOf(value) });
  }

  #seen(partition: string, record: FoundRecord): KnownRecord {
    const known = this.#check(partition, record, ({ outcome }) => outcome);
    known.transaction.outcome = 'committed';
    return known;
  }

  /** Invariant I16. */
  #check(
    partition: string,
    { offset, id }: FoundRecord,
    outcomeOf: (transaction: SimTransaction) => Outcome,
  ): KnownRecord {
    const place = `${partition} at ${offset}: ${id}`;
    const known = this.#byId.get(id) ?? violated(`${place} was read, which nobody wrote`);
    const { transaction } = known;
    const outcome = outcomeOf(transaction);
    if (outcome === 'open') violated(`${place} was read, and nobody has asked to commit its transaction`);
    if (outcome === 'ended') violated(`${place} was read, and its transaction was aborted`);
    if (!transaction.ids.get(partition)?.includes(id)) violated(`${place} was written to another partition`);
    return known;
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
   * Invariants I16 and I18, of everything that can be read in the end, in order, by the name of a partition. From those in `forgetful` old records may have gone.
   */
  checkEnd(readable: ReadonlyMap<string, readonly FoundRecord[]>, forgetful: ReadonlySet<string>): void {
    const found = this.#takeIn(readable, (partition, record) => {
      if (this.#passedOver.get(partition)?.has(record.offset)) {
        violated(
          `${partition} at ${record.offset}: ${record.id} is there, and an earlier read of committed records left it out`,
        );
      }
      return this.#seen(partition, record);
    });
    const committed = this.#transactions.filter(({ outcome }) => outcome === 'committed');
    this.#checkWhole(committed, found, forgetful);
  }

  /** Of everything that can be read in a restored backup, which was begun when `before` was true and made when `after` was. */
  checkRestored(
    readable: ReadonlyMap<string, readonly FoundRecord[]>,
    forgetful: ReadonlySet<string>,
    { before, after }: Record<'before' | 'after', ReadonlyMap<SimTransaction, Outcome>>,
  ): void {
    const thereNow = new Set<SimTransaction>();
    const found = this.#takeIn(readable, (partition, record) => {
      const known = this.#check(partition, record, (transaction) => after.get(transaction) ?? 'open');
      thereNow.add(known.transaction);
      return known;
    });
    for (const [transaction, outcome] of before) if (outcome === 'committed') thereNow.add(transaction);
    this.#checkWhole(thereNow, found, forgetful);
  }

  #takeIn(
    readable: ReadonlyMap<string, readonly FoundRecord[]>,
    see: (partition: string, record: FoundRecord) => KnownRecord,
  ): FoundRecords {
    const ids = new Set<string>();
    const last = new Map<string, number>();
    for (const [partition, records] of readable) {
      for (const record of records) {
        const { offset, id } = record;
        if (ids.has(id)) violated(`${partition} at ${offset}: ${id} is there twice`);
        ids.add(id);
        last.set(`${partition}/${keyOf(id)}`, see(partition, record).number);
      }
      checkOrder(partition, records);
    }
    return { ids, last };
  }

  #checkWhole(
    transactions: Iterable<SimTransaction>,
    { ids: found, last }: FoundRecords,
    forgetful: ReadonlySet<string>,
  ): void {
    const isThere = (partition: string, id: string): boolean => {
      const replacedBy = last.get(`${partition}/${keyOf(id)}`) ?? -1;
      return found.has(id) || replacedBy > (this.#byId.get(id)?.number ?? -1);
    };
    for (const { name, ids } of transactions) {
      for (const [partition, wanted] of ids) {
        if (forgetful.has(partition)) continue;
        const missing = wanted.find((id) => !isThere(partition, id));
        if (missing !== undefined) violated(`${partition}: ${name} was committed, and ${missing} is missing`);
      }
    }
  }
}

/** A producer's instance writes one transaction after the other, and the records of each in order. */
function checkOrder(partition: string, records: readonly FoundRecord[]): void {
  const last = new Map<string, { readonly transaction: number; readonly record: number }>();
  for (const { offset, id } of records) {
    const [producer = '', number, , record] = id.split('/');
    const now = { transaction: Number(number), record: Number(record) };
    const before = last.get(producer);
    const isBehind =
      before === undefined ||
      now.transaction > before.transaction ||
      (now.transaction === before.transaction && now.record > before.record);
    if (!isBehind)
      violated(`${partition} at ${offset}: ${id} comes after record ${before.record} of ${before.transaction}`);
    last.set(producer, now);
  }
}
