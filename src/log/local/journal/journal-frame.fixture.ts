/** Frames of a journal as they lie in a file. */
import { formatFrame } from './journal-frame.ts';

export function frameOf(frame: Parameters<typeof formatFrame>[0]): Uint8Array {
  return Buffer.concat(formatFrame(frame).parts);
}
