/**
 * Checks the journal of a data directory, and says which offsets of which logs it has. A broker may be writing it meanwhile: what looks torn or damaged gets
 * time to become whole, or to go. Writes nothing.
 */
import { unreachable } from '../../../base/assert.ts';
import { ifAbsent } from '../../../base/faults.ts';
import { baseOffset, lastOffset } from '../../../protocol/batch/header.ts';
import { batches } from '../../../protocol/batch/iterate.ts';
import type { LogId } from '../../log-engine.ts';
import { keyOf } from '../../log-key.ts';
import { directoryName, JOURNAL } from '../file-names.ts';
import { FREE } from '../journal/journal-frame.ts';
import { endingAt, type JournalEnding, readFileHeader, readFrames } from '../journal/read-frames.ts';
import type { CheckWorld } from './check-world.ts';
import type { FaultList } from './fault.ts';

const ATTEMPTS = 10;
const PAUSE_MS = 50;

/** Offsets without a gap: `from` up to, not including, `to`. */
export interface Stretch {
  readonly from: number;
  to: number;
}

/** What the journal has of one log, in the order in which it came. */
export interface LogInJournal {
  readonly id: LogId;
  readonly stretches: readonly Stretch[];
}

/** What is in one file. */
interface FileContent {
  readonly generation: number;
  /** Behind the last frame that is believed. */
  readonly position: number;
  readonly ending: JournalEnding | 'headless';
  readonly logs: ReadonlyMap<string, { readonly id: LogId; readonly stretches: Stretch[] }>;
}

/** By the name of the log's directory; several when a topic was made again. */
export async function checkJournal(
  world: CheckWorld,
  root: string,
  faults: FaultList,
): Promise<ReadonlyMap<string, readonly LogInJournal[]>> {
  const names = (await world.disk.list(root)).map(({ name }) => name).filter((name) => name.startsWith(JOURNAL));
  const files: FileContent[] = [];
  for (const name of names.sort()) {
    const content = await readPatiently(world, `${root}/${name}`);
    if (content === undefined) continue;
    report(name, content, faults);
    files.push(content);
  }
  return byDirectory(files.sort((one, other) => one.generation - other.generation));
}

/** Undefined when the file holds nothing, or is gone. */
async function readPatiently(world: CheckWorld, path: string): Promise<FileContent | undefined> {
  let last: FileContent | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const content = await readFile(world, path);
    // A broker that writes gets further each time.
    if (content?.generation !== last?.generation || content?.position !== last?.position) attempt = 1;
    if (content === undefined || content.ending === 'end' || attempt === ATTEMPTS) return content;
    last = content;
    await world.pause(PAUSE_MS);
  }
}

async function readFile({ disk }: CheckWorld, path: string): Promise<FileContent | undefined> {
  const file = await disk.open(path, 'readOnly').catch(ifAbsent);
  if (file === undefined) return undefined;
  try {
    const { header, generation } = await readFileHeader(file);
    if (generation === FREE) return undefined;
    // Nothing of the first write has arrived.
    if (generation === undefined && header.every((byte) => byte === 0)) return undefined;
    const logs = new Map<string, { id: LogId; stretches: Stretch[] }>();
    if (generation === undefined) return { generation: FREE, position: 0, ending: 'headless', logs };
    const position = await readFrames(file, generation, ({ bytes, entries }) => {
      for (const { id, at, bytes: length } of entries) {
        const log = logs.get(keyOf(id)) ?? { id, stretches: [] };
        logs.set(keyOf(id), log);
        addBatches(log.stretches, bytes.subarray(at, at + length));
      }
    });
    return { generation, position, ending: await endingAt(file, position, generation), logs };
  } finally {
    await file.close();
  }
}

function addBatches(stretches: Stretch[], run: Uint8Array): void {
  for (const batch of batches(run)) {
    const last = stretches.at(-1);
    if (last?.to === baseOffset(batch)) last.to = lastOffset(batch) + 1;
    else stretches.push({ from: baseOffset(batch), to: lastOffset(batch) + 1 });
  }
}

const TORN = 'the last frame of the journal is not whole';
const DAMAGED = 'a frame of the journal is damaged: neither it nor the whole ones behind it are replayed';
const HEADLESS = 'the header of the journal file is damaged, or of another version: nothing in it is replayed';

function report(name: string, { ending, position }: FileContent, faults: FaultList): void {
  switch (ending) {
    case 'end':
      break;
    case 'torn':
      faults.add({ file: name, position, offset: undefined, harm: 'tail', problem: TORN });
      break;
    case 'damaged':
      faults.data(name, DAMAGED, { position });
      break;
    case 'headless':
      faults.data(name, HEADLESS, { position });
      break;
    default:
      unreachable(ending);
  }
}

function byDirectory(files: readonly FileContent[]): ReadonlyMap<string, readonly LogInJournal[]> {
  const byKey = new Map<string, { id: LogId; stretches: Stretch[] }>();
  for (const file of files) {
    for (const [key, { id, stretches }] of file.logs) {
      const log = byKey.get(key) ?? { id, stretches: [] };
      byKey.set(key, log);
      log.stretches.push(...stretches);
    }
  }
  const byName = new Map<string, LogInJournal[]>();
  for (const log of byKey.values()) {
    const name = directoryName(log.id);
    byName.set(name, [...(byName.get(name) ?? []), log]);
  }
  return byName;
}
