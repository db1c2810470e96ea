/**
 * What the logs of one data directory are to this process, by the names of their directories: open, being opened, closed in order, or to be checked when they are opened.
 * What it has not met yet it does not know.
 */
import type { Disk } from '../../base/env.ts';
import type { LogId } from '../log-engine.ts';
import { directoryName } from './file-names.ts';
import type { LocalLog } from './local-log.ts';
import type { LogState } from './log-state.ts';
import { readTopicId } from './partition-metadata.ts';

export class KnownLogs {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #open = new Map<string, LocalLog>();
  readonly #opening = new Set<string>();
  /** Logs that are not open and were closed in order. */
  readonly #states: Map<string, LogState>;
  /** Logs that must be checked when they are opened. */
  readonly #unsound: Set<string>;

  constructor(options: {
    disk: Disk;
    root: string;
    /** Taken over: a state goes when its log is opened. */
    states: Map<string, LogState>;
    unsound: Iterable<string>;
  }) {
    this.#disk = options.disk;
    this.#root = options.root;
    this.#states = options.states;
    this.#unsound = new Set(options.unsound);
  }

  get open(): ReadonlyMap<string, LocalLog> {
    return this.#open;
  }

  get states(): ReadonlyMap<string, LogState> {
    return this.#states;
  }

  get unsound(): ReadonlySet<string> {
    return this.#unsound;
  }

  /** Not one of another topic with the same name. */
  openLog(id: LogId): LocalLog | undefined {
    const log = this.#open.get(directoryName(id));
    return log?.id.topicId === id.topicId ? log : undefined;
  }

  /** Undefined when the log is open, or was not closed in order. */
  closedState(id: LogId): LogState | undefined {
    const name = directoryName(id);
    const state = this.#states.get(name);
    return state?.id.topicId === id.topicId && !this.#unsound.has(name) ? state : undefined;
  }

  isOpening(name: string): boolean {
    return this.#opening.has(name);
  }

  isInUse(name: string): boolean {
    return this.#open.has(name) || this.#opening.has(name);
  }

  /** Of whatever has the name. Undefined when there is no such directory, or when it does not say. */
  async topicIdOf(name: string): Promise<string | undefined> {
    const id = this.#open.get(name)?.id ?? this.#states.get(name)?.id;
    return id === undefined ? readTopicId(this.#disk, `${this.#root}/${name}`) : id.topicId;
  }

  beginOpening(name: string): void {
    this.#opening.add(name);
  }

  /** Without a log it could not be opened. */
  endOpening(name: string, log: LocalLog | undefined): void {
    this.#opening.delete(name);
    if (log === undefined) {
      this.mistrust(name);
    } else {
      this.forget(name);
      this.#open.set(name, log);
    }
  }

  /** Without a state it was not in order. */
  closed(name: string, state: LogState | undefined): void {
    this.#open.delete(name);
    if (state === undefined) this.mistrust(name);
    else this.#states.set(name, state);
  }

  /** The next opening checks the log. */
  mistrust(name: string): void {
    this.#states.delete(name);
    this.#unsound.add(name);
  }

  /** A log has come whose state is known. */
  trust(name: string, state: LogState): void {
    this.#unsound.delete(name);
    this.#states.set(name, state);
  }

  /** There is nothing that could be checked. */
  missed(name: string): void {
    this.#unsound.delete(name);
  }

  /** The name is free, or somebody else's. */
  forget(name: string): void {
    this.#states.delete(name);
    this.#unsound.delete(name);
  }
}
