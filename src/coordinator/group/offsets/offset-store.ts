/**
 * The committed offsets of all groups of one coordinator, and those that wait for the end of their transaction (invariant I19). Changed by records and markers alone.
 */
import type { TransactionOutcome } from '../../../partition/transaction-marker.ts';
import { OffsetTable, type StoredOffset } from './offset-table.ts';

export interface OffsetKey {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

export class OffsetStore {
  readonly #byGroup = new Map<string, OffsetTable>();
  /** By producer id, then by group. */
  readonly #pending = new Map<number, Map<string, OffsetTable>>();
  /** The producers with pending offsets of each group. */
  readonly #openTransactions = new Map<string, Set<number>>();

  /** Undefined when the group has committed nothing. */
  ofGroup(groupId: string): OffsetTable | undefined {
    return this.#byGroup.get(groupId);
  }

  hasOpenTransaction(groupId: string): boolean {
    return this.#openTransactions.has(groupId);
  }

  /** Whether an open transaction may change this offset (KIP-447). */
  isPending({ groupId, topic, partition }: OffsetKey): boolean {
    for (const table of this.pendingTables(groupId)) if (table.get(topic, partition) !== undefined) return true;
    return false;
  }

  *pendingTables(groupId: string): Iterable<OffsetTable> {
    for (const producerId of this.#openTransactions.get(groupId) ?? []) {
      const table = this.#pending.get(producerId)?.get(groupId);
      if (table !== undefined) yield table;
    }
  }

  set({ groupId, topic, partition }: OffsetKey, stored: StoredOffset): void {
    tableOf(this.#byGroup, groupId).set(topic, partition, stored);
  }

  setPending({ groupId, topic, partition }: OffsetKey, stored: StoredOffset, producerId: number): void {
    let groups = this.#pending.get(producerId);
    if (groups === undefined) {
      groups = new Map();
      this.#pending.set(producerId, groups);
    }
    tableOf(groups, groupId).set(topic, partition, stored);
    const producers = this.#openTransactions.get(groupId);
    if (producers === undefined) this.#openTransactions.set(groupId, new Set([producerId]));
    else producers.add(producerId);
  }

  /** Also what is pending: a deleted offset does not come back with the end of a transaction. */
  delete({ groupId, topic, partition }: OffsetKey): void {
    const table = this.#byGroup.get(groupId);
    table?.delete(topic, partition);
    if (table?.isEmpty === true) this.#byGroup.delete(groupId);
    for (const pending of this.pendingTables(groupId)) pending.delete(topic, partition);
  }

  endTransaction(producerId: number, outcome: TransactionOutcome): void {
    const groups = this.#pending.get(producerId);
    if (groups === undefined) return;
    this.#pending.delete(producerId);
    for (const [groupId, pending] of groups) {
      const producers = this.#openTransactions.get(groupId);
      producers?.delete(producerId);
      if (producers?.size === 0) this.#openTransactions.delete(groupId);
      if (outcome === 'committed') this.#commit(groupId, pending);
    }
  }

  /** Of several commits of one offset, the one that was written last counts, not the one whose transaction ends last (invariant I19). */
  #commit(groupId: string, pending: OffsetTable): void {
    for (const [topic, partitions] of pending.topics()) {
      for (const [partition, stored] of partitions) {
        const present = this.#byGroup.get(groupId)?.get(topic, partition);
        if (present !== undefined && present.recordOffset > stored.recordOffset) continue;
        this.set({ groupId, topic, partition }, stored);
      }
    }
  }
}

function tableOf(tables: Map<string, OffsetTable>, groupId: string): OffsetTable {
  let table = tables.get(groupId);
  if (table === undefined) {
    table = new OffsetTable();
    tables.set(groupId, table);
  }
  return table;
}
