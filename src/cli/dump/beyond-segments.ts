/**
 * Finds out up to where the journal of a data directory has a log that ends earlier in its segments: what a busy log has appended of late is in the journal alone. Reads only, also
 * beside a broker that runs.
 */
import { basename, dirname, resolve } from 'node:path';
import type { CheckWorld } from '../../log/local/check/check-world.ts';
import { FaultList } from '../../log/local/check/fault.ts';
import { checkJournal } from '../../log/local/check/journal-check.ts';
import { LOG, parseFileName } from '../../log/local/file-names.ts';
import { readTopicId } from '../../log/local/partition-metadata.ts';

/** Undefined when the segment at `path`, which ends before `endOffset`, is not the last of its log, or the journal has nothing behind it. */
export async function journalledBeyond(
  world: CheckWorld,
  path: string,
  endOffset: number | undefined,
): Promise<number | undefined> {
  const directory = dirname(resolve(path));
  const segment = parseFileName(basename(path));
  if (segment?.suffix !== LOG) return undefined;
  const names = (await world.disk.list(directory)).map(({ name }) => parseFileName(name));
  if (names.some((other) => other?.suffix === LOG && other.offset > segment.offset)) return undefined;
  const journalled = (await checkJournal(world, dirname(directory), new FaultList())).get(basename(directory)) ?? [];
  const topicId = await readTopicId(world.disk, directory);
  const own = journalled.filter(({ id }) => topicId === undefined || id.topicId === topicId);
  const to = Math.max(...own.flatMap(({ stretches }) => stretches.map((stretch) => stretch.to)));
  return to > (endOffset ?? segment.offset) ? to : undefined;
}
