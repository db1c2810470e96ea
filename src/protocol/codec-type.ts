/** What reads and writes one message at one version, however it was made. */
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface Codec<D, I> {
  /** Reads one message and leaves what follows it alone. Throws `MalformedMessage`. */
  read(reader: Reader): D;
  write(writer: Writer, value: I): void;
}
