/**
 * The world, handed in. Everything that is not a pure function of its inputs (time, timers, randomness, files, sockets, log
 * lines) reaches the core through one `Env`. `platform/` makes the one for Node; tests and the simulator make their own.
 * Nothing above `platform/` may reach around it.
 */

import type { ReadBuffers } from './read-buffers.ts';

export interface Env {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly logger: Logger;
  /** Between the disk and the network. */
  readonly readBuffers: ReadBuffers;
}

export interface Clock {
  /** Wall-clock time, milliseconds since the epoch, an integer. May jump; only for what is written down or shown. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back; for measuring how long something took. */
  monotonicMs(): number;
}

export interface Timers {
  /** Calls `callback` once after `delayMs` (0 and more). The timer never keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls `callback` after the I/O events that are already waiting have been handled. */
  soon(callback: () => void): void;
}

export interface Timer {
  /** Has no effect once the callback ran. */
  cancel(): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  bytes(count: number): Uint8Array;
}

/** Structured, levelled lines. `fields` are for machines, `message` is a literal sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/**
 * Files as POSIX promises them: what was written may vanish until `sync`, a created or renamed name until `syncDirectory`.
 * Every method rejects with a `DiskFault`.
 */
export interface Disk {
  /** `create` makes the file when absent; `read` refuses an absent one. Both may read and write unless `readOnly`. */
  open(path: string, mode: 'create' | 'existing' | 'readOnly'): Promise<DiskFile>;
  /** The names in a directory, files and directories, in no order. */
  list(path: string): Promise<readonly DiskEntry[]>;
  /** Undefined when nothing has that name. */
  stat(path: string): Promise<DiskEntry | undefined>;
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /**
   * Gives a file a second name, which must be free. False, and nothing done, where the two places cannot share a file: they are on two volumes, or the
   * file system has no such names.
   */
  link(from: string, to: string): Promise<boolean>;
  /** Removes a file; one that is absent is no error. */
  remove(path: string): Promise<void>;
  removeTree(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** Of the volume on which `path` is. */
  space(path: string): Promise<DiskSpace>;
  /** Takes the exclusive lock that lives at `path`, or answers undefined when another process (or broker) has it. */
  lock(path: string): Promise<DiskLock | undefined>;
}

export interface DiskSpace {
  readonly totalBytes: number;
  /** What this process may still write. */
  readonly usableBytes: number;
}

export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface DiskLock {
  release(): Promise<void>;
}

export interface DiskFile {
  /** Fills `target` from `position`; answers how many bytes there were (fewer only at the end of the file). */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `parts`, one after the other, from `position`. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  truncate(bytes: number): Promise<void>;
  /** fdatasync: resolves when what was written before the call is on stable storage. */
  sync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Network {
  /** Rejects with a `NetworkFault` when the address is taken or not ours. */
  listen(options: ListenOptions, handlers: ListenHandlers): Promise<NetworkListener>;
}

export interface ListenOptions {
  /** Empty: every address of the machine. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Connections that the operating system may keep waiting until they are accepted. */
  readonly backlog: number;
  /** False lets the process end while the listener and its sockets are open. */
  readonly keepsProcessAlive: boolean;
}

export interface ListenHandlers {
  onSocket(socket: Socket): void;
  /** A connection could not be accepted (no file descriptor left); the listener goes on. */
  onAcceptFault(fault: Error): void;
}

export interface NetworkListener {
  readonly host: string;
  readonly port: number;
  /** Stops taking sockets; the ones that are open stay. */
  close(): Promise<void>;
}

/** One TCP connection, seen from the side that accepted it. */
export interface Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Begins to read. Called once. */
  start(handlers: SocketHandlers): void;
  /** Hands `parts` over in order, without copying them. False: stop until `onDrain`. */
  write(parts: readonly Uint8Array[]): boolean;
  /** Bytes handed over that the operating system has not taken yet. */
  readonly pendingBytes: number;
  pause(): void;
  resume(): void;
  /** Closes after what was written has left. */
  end(): void;
  destroy(): void;
}

export interface SocketHandlers {
  /**
   * Where the next bytes go, at least one byte long. Sockets may share one target: between a read and `onBytes` nothing else is read.
   * Asked before every read, and once more for a read that may never come.
   */
  target(): Uint8Array;
  /** The first `count` bytes of the last target were filled. */
  onBytes(count: number): void;
  onDrain(): void;
  /** Comes exactly once, also after `destroy`. */
  onClose(error: Error | undefined): void;
}
