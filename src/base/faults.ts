/**
 * Faults of the world: typed, with what failed and on what. Refusals are values and malformed input has its own error
 * (`protocol/`); neither belongs here.
 */

export type DiskFaultKind = 'full' | 'too-many-files' | 'read-only' | 'absent' | 'denied' | 'io';

export class DiskFault extends Error {
  override readonly name = 'DiskFault';
  readonly kind: DiskFaultKind;
  readonly operation: string;
  readonly path: string;

  constructor(details: { kind: DiskFaultKind; operation: string; path: string; cause?: unknown }) {
    super(`${details.operation} failed on ${details.path}: ${details.kind}`, { cause: details.cause });
    this.kind = details.kind;
    this.operation = details.operation;
    this.path = details.path;
  }
}

export type NetworkFaultKind = 'address-in-use' | 'address-not-available' | 'denied' | 'io';

export class NetworkFault extends Error {
  override readonly name = 'NetworkFault';
  readonly kind: NetworkFaultKind;

  constructor(details: { kind: NetworkFaultKind; message: string; cause?: unknown }) {
    super(details.message, { cause: details.cause });
    this.kind = details.kind;
  }
}

/** What is in the data directories says that they must not be used: they are another's, a copy, or damaged. A person has to look; nothing was touched. */
export class DataDirectoryRefused extends Error {
  override readonly name = 'DataDirectoryRefused';
}

/** Another broker, in this process or in another one, has the data directory. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  readonly directory: string;

  constructor(directory: string) {
    super(`the data directory ${directory} is in use by another broker`);
    this.directory = directory;
  }
}

/** For a call on the disk that may find nothing: `await disk.open(path, 'readOnly').catch(ifAbsent)`. */
export function ifAbsent(error: unknown): undefined {
  if (isAbsent(error)) return undefined;
  throw error;
}

/** A file is not there (any more). */
export function isAbsent(error: unknown): boolean {
  return error instanceof DiskFault && error.kind === 'absent';
}
