/**
 * Says what is in a journal that the last program in the directory has not seen: it closed the directory orderly, so its logs are right as they are, and the journal is of no use any more. Only
 * tells; who takes it away is somebody else.
 */
import type { Disk, Logger } from '../../base/env.ts';
import { DataDirectoryRefused } from '../../base/faults.ts';
import { JOURNAL } from './file-names.ts';
import { JournalFile, type JournalToFind } from './journal/journal-file.ts';

export async function tellUnseenJournal(disk: Disk, logger: Logger, root: string): Promise<void> {
  for (const { name } of await disk.list(root)) {
    if (!name.startsWith(JOURNAL)) continue;
    const path = `${root}/${name}`;
    const logs = await logsIn({ disk, logger, path });
    if (logs === 0) continue;
    const known = logs === undefined ? {} : { logs };
    logger.warn({ path, ...known }, 'a journal is removed unread: another program has closed the directory since');
  }
}

/** Undefined: another version wrote it, and how many there are is not known. */
async function logsIn(journal: JournalToFind): Promise<number | undefined> {
  try {
    const file = await JournalFile.find(journal);
    await file?.close();
    return file?.logs.size ?? 0;
  } catch (error) {
    if (error instanceof DataDirectoryRefused) return undefined;
    throw error;
  }
}
