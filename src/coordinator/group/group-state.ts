/**
 * Everything that one partition's group coordinator knows: its groups, of whichever kind, and their offsets. Applies records; what requests
 * decide lives in the folders beside this file, and what is decided unasked in `unasked.ts`.
 */
import { unreachable } from '../../base/assert.ts';
import type { Random } from '../../base/env.ts';
import type { TransactionOutcome } from '../../partition/transaction-marker.ts';
import type { RecordPosition, StateMachine, Turn } from '../state-machine.ts';
import { ClassicGroup } from './classic/classic-group.ts';
import type { CoordinatorSettings } from './coordinator-settings.ts';
import type { GroupRecord } from './group-record.ts';
import type { GroupTurn } from './group-turn.ts';
import { OffsetStore } from './offsets/offset-store.ts';
import type { TopicNames } from './topic-names.ts';

/** The kinds of groups. */
export type Group = ClassicGroup;

export interface GroupStateOptions {
  readonly settings: CoordinatorSettings;
  readonly random: Random;
  readonly topics: TopicNames;
}

export class GroupState implements StateMachine<GroupRecord> {
  readonly offsets = new OffsetStore();
  readonly topics: TopicNames;
  readonly #groups = new Map<string, Group>();
  readonly #settings: CoordinatorSettings;
  readonly #random: Random;

  constructor(options: GroupStateOptions) {
    this.topics = options.topics;
    this.#settings = options.settings;
    this.#random = options.random;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#groups;
  }

  /** What the steps of groups work with. */
  turn(log: Turn<GroupRecord>): GroupTurn {
    return { log, settings: this.#settings, random: this.#random };
  }

  /** The group with this id; when there is none, a new one, which has its place in the log with this turn. */
  ensureClassicGroup(groupId: string, log: Turn<GroupRecord>): ClassicGroup {
    const present = this.#groups.get(groupId);
    if (present !== undefined) return present;
    const metadata = { ...NEW_GROUP, stateTimestampMs: log.nowMs };
    log.append({ kind: 'group-metadata', groupId, metadata });
    return this.#present(groupId);
  }

  apply(record: GroupRecord, position: RecordPosition): void {
    switch (record.kind) {
      case 'group-metadata':
        if (record.metadata === undefined) this.#groups.delete(record.groupId);
        else this.#present(record.groupId).applyMetadata(record.metadata);
        break;
      case 'offset-commit':
        this.#applyOffset(record, position);
        break;
      default:
        unreachable(record);
    }
  }

  applyTransactionEnd(producerId: number, outcome: TransactionOutcome): void {
    this.offsets.endTransaction(producerId, outcome);
  }

  #applyOffset(record: GroupRecord & { kind: 'offset-commit' }, position: RecordPosition): void {
    const { committed } = record;
    if (committed === undefined) {
      this.offsets.delete(record);
      return;
    }
    // Offsets without a group make one that has nothing else: a simple group.
    this.#present(record.groupId);
    const stored = { ...committed, recordOffset: position.offset };
    if (position.producerId === -1) this.offsets.set(record, stored);
    else this.offsets.setPending(record, stored, position.producerId);
  }

  #present(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = new ClassicGroup(groupId);
      this.#groups.set(groupId, group);
    }
    return group;
  }
}

const NEW_GROUP = {
  protocolType: '',
  generation: 0,
  protocolName: undefined,
  leaderId: undefined,
  members: [],
};
