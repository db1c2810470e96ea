/**
 * Reads the frames of a journal file as far as they are believed, and says what lies behind the last of them. A frame is begun only when the one before is
 * durable, so a whole frame behind one that is not whole means damage, and not a crash. Writes nothing.
 */
import { writeInt32 } from '../../../base/big-endian.ts';
import type { DiskFile } from '../../../base/env.ts';
import { limits } from '../../../base/limits.ts';
import type { LogId } from '../../log-engine.ts';
import {
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  type FrameEntry,
  frameBytes,
  isWholeFrame,
  parseFileHeader,
  parseFrame,
} from './journal-frame.ts';

/** Where the generation is in a frame. */
const GENERATION_AT = 8;

export interface ReadFrame {
  readonly position: number;
  readonly bytes: Uint8Array;
  readonly entries: readonly FrameEntry[];
}

/** The first bytes of a journal file, zeros where it has fewer; and the generation that they say, as `parseFileHeader` does. */
export async function readFileHeader(
  file: DiskFile,
): Promise<{ readonly header: Uint8Array; readonly generation: number | undefined }> {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  const filled = await file.read(header, 0);
  return { header, generation: parseFileHeader(header.subarray(0, filled)) };
}

/** All frames up to the first that is torn or older than the file's header. Resolves with the position behind the last. */
export async function readFrames(
  file: DiskFile,
  generation: number,
  onFrame: (frame: ReadFrame) => void,
): Promise<number> {
  let size = await file.size();
  const ids: LogId[] = [];
  let position = FILE_HEADER_BYTES;
  for (;;) {
    const bytes = await readFrame(file, { position, size, generation });
    const entries = bytes === undefined ? undefined : parseFrame(bytes, ids);
    if (bytes === undefined || entries === undefined) {
      const before = size;
      size = await file.size();
      // Somebody writes it meanwhile.
      if (size > before) continue;
      return position;
    }
    onFrame({ position, bytes, entries });
    position += bytes.byteLength;
  }
}

/** Undefined when there is no whole frame. */
async function readFrame(
  file: DiskFile,
  { position, size, generation }: { position: number; size: number; generation: number },
): Promise<Uint8Array | undefined> {
  if (position + FRAME_HEADER_BYTES > size) return undefined;
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  await file.read(header, position);
  const bytes = frameBytes(header, generation);
  if (bytes === undefined || position + bytes > size) return undefined;
  const frame = Buffer.allocUnsafeSlow(bytes);
  return (await file.read(frame, position)) === bytes ? frame : undefined;
}

/** `torn`: a frame was being written. `damaged`: whole frames follow, which replay does not reach. */
export type JournalEnding = 'end' | 'torn' | 'damaged';

/** What lies at `position`, where `readFrames` came to. */
export async function endingAt(file: DiskFile, position: number, generation: number): Promise<JournalEnding> {
  const most = limits.journalFileBytes + limits.journalFrameBytes;
  const rest = Buffer.alloc(Math.max(0, Math.min((await file.size()) - position, most)));
  const filled = rest.subarray(0, await file.read(rest, position));
  const wanted = new Uint8Array(8);
  writeInt32(wanted, 0, Math.floor(generation / 2 ** 32));
  writeInt32(wanted, 4, generation | 0);
  for (let at = filled.indexOf(wanted, GENERATION_AT + 1); at >= 0; at = filled.indexOf(wanted, at + 1)) {
    const frame = filled.subarray(at - GENERATION_AT);
    const bytes = frame.byteLength < FRAME_HEADER_BYTES ? undefined : frameBytes(frame, generation);
    if (bytes !== undefined && bytes <= frame.byteLength && isWholeFrame(frame.subarray(0, bytes))) return 'damaged';
  }
  return filled.subarray(GENERATION_AT, FRAME_HEADER_BYTES).equals(wanted) ? 'torn' : 'end';
}
