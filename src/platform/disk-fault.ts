/** What the operating system said, as a `DiskFault`. */
import { DiskFault, type DiskFaultKind } from '../base/faults.ts';

const KINDS: Readonly<Record<string, DiskFaultKind>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EMFILE: 'too-many-files',
  ENFILE: 'too-many-files',
  EROFS: 'read-only',
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  EACCES: 'denied',
  EPERM: 'denied',
};

export function diskFault(operation: string, path: string, cause: unknown): DiskFault {
  return new DiskFault({ kind: KINDS[codeOf(cause)] ?? 'io', operation, path, cause });
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
