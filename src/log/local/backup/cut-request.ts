/**
 * How a process that makes a backup asks the broker, in another process, for the cut: a request file in the data directory with the metadata log, which the
 * broker takes away, and a file with the answer. Owns both files and their lock; what a cut is made from is the broker's business. One asks at a time.
 */
import type { Disk } from '../../../base/env.ts';
import { DataDirectoryRefused } from '../../../base/faults.ts';
import type { CheckWorld } from '../check/check-world.ts';
import { BACKUP_LOCK, CUT_ANSWER, CUT_REQUEST, LOCK } from '../file-names.ts';
import { readSmallFile, replaceFile } from '../small-files.ts';
import type { DirectoryCut } from './log-cut.ts';

/** The broker looks every second; one that has just been started may be busy. */
const TAKEN_WITHIN_MS = 60_000;
/** To open all logs, of which each may have to be recovered. */
const ANSWERED_WITHIN_MS = 3_600_000;
const PAUSE_MS = 100;

export type CutAnswer =
  | { readonly kind: 'cut'; readonly directories: readonly DirectoryCut[] }
  /** A sentence for a person. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Nobody took the request away, or answered it. */
export class NoCutAnswer extends Error {
  override readonly name = 'NoCutAnswer';
}

/** Nobody has the directory any more: the broker has stopped, or died, while it was asked. */
export class BrokerGone extends Error {
  override readonly name = 'BrokerGone';
}

/** `id` tells the answer from one to somebody else. Throws NoCutAnswer, BrokerGone, or DataDirectoryRefused when somebody else asks. */
export async function askForCut(world: CheckWorld, root: string, id: string): Promise<CutAnswer> {
  const { disk } = world;
  const lock = await disk.lock(`${root}/${BACKUP_LOCK}`);
  if (lock === undefined) throw new DataDirectoryRefused(`another backup of ${root} is being made`);
  try {
    await replaceFile(disk, `${root}/${CUT_REQUEST}`, id);
    const isTaken = await waitFor({ world, root, withinMs: TAKEN_WITHIN_MS }, async () => {
      return (await disk.stat(`${root}/${CUT_REQUEST}`)) === undefined ? true : undefined;
    });
    if (isTaken === undefined) {
      throw new NoCutAnswer(
        `the broker that has ${root} does not answer; an older version of Ottla cannot be backed up while it runs`,
      );
    }
    const answer = await waitFor({ world, root, withinMs: ANSWERED_WITHIN_MS }, () => readAnswer(disk, root, id));
    if (answer === undefined) throw new NoCutAnswer(`the broker that has ${root} has not answered`);
    return answer;
  } finally {
    await disk.remove(`${root}/${CUT_REQUEST}`);
    await disk.remove(`${root}/${CUT_ANSWER}`);
    await lock.release();
  }
}

/** For the broker: the id of a request, which is taken away. */
export async function takeRequest(disk: Disk, root: string): Promise<string | undefined> {
  const path = `${root}/${CUT_REQUEST}`;
  // Most times there is none, and this is all that it costs.
  if ((await disk.stat(path)) === undefined) return undefined;
  const id = await readSmallFile(disk, path);
  await disk.remove(path);
  return id?.toString();
}

export async function writeAnswer(disk: Disk, root: string, id: string, answer: CutAnswer): Promise<void> {
  await replaceFile(disk, `${root}/${CUT_ANSWER}`, JSON.stringify({ id, answer }));
}

async function readAnswer(disk: Disk, root: string, id: string): Promise<CutAnswer | undefined> {
  const bytes = await readSmallFile(disk, `${root}/${CUT_ANSWER}`);
  if (bytes === undefined) return undefined;
  // The file is replaced as a whole, and only a broker writes it.
  const found = JSON.parse(bytes.toString()) as { readonly id: string; readonly answer: CutAnswer };
  return found.id === id ? found.answer : undefined;
}

interface Waiting {
  readonly world: CheckWorld;
  readonly root: string;
  readonly withinMs: number;
}

async function waitFor<T>(
  { world: { disk, pause }, root, withinMs }: Waiting,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let waitedMs = 0; waitedMs <= withinMs; waitedMs += PAUSE_MS) {
    const found = await look();
    if (found !== undefined) return found;
    if (await isFree(disk, root)) throw new BrokerGone(`the broker that had ${root} is gone`);
    await pause(PAUSE_MS);
  }
  return undefined;
}

/** No broker has the directory: the lock goes with the process (decision 0005). */
async function isFree(disk: Disk, root: string): Promise<boolean> {
  const lock = await disk.lock(`${root}/${LOCK}`);
  await lock?.release();
  return lock !== undefined;
}
