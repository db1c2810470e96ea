/**
 * An exclusive lock on a file that the operating system takes back when the process dies, however it dies. Node has no call for it; its
 * built-in SQLite takes such a lock (fcntl) on every system, also against a second broker in this process. The file stays empty.
 *
 * Nothing else may open the file: on POSIX systems, closing any other handle of it within this process would drop the lock.
 */
import { createRequire } from 'node:module';
import type { DiskLock } from '../base/env.ts';

const SQLITE_BUSY = 5;

/** Undefined when somebody has it. Throws what SQLite throws when the file cannot be made or locked. */
export function takeFileLock(path: string): DiskLock | undefined {
  const database = new (loadSqlite().DatabaseSync)(path, { timeout: 0 });
  try {
    // Without the pragma an empty journal file would appear beside the lock.
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  return {
    async release() {
      if (database.isOpen) database.close();
    },
  };
}

/** Loaded when first used. Older versions of Node announce on standard error that SQLite is experimental; the lock is not. */
function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return createRequire(import.meta.url)('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
