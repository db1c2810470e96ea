/** Reads what `record-calls.c` has written: the calls of one process that changed files, in the order in which they took effect. */

export type Call =
  | { readonly kind: 'open'; readonly path: string; readonly flags: number; readonly fd: number }
  | { readonly kind: 'write'; readonly fd: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly fd: number; readonly bytes: number }
  | { readonly kind: 'begin-sync' | 'end-sync'; readonly fd: number; readonly number: number }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'remove' | 'makeDirectory'; readonly path: string };

export interface CallRecord {
  /** Those that succeeded. */
  readonly calls: readonly Call[];
  /** The call that was begun when the process died: it happened, in part, or not. */
  readonly inDoubt: Call | undefined;
}

const HEADER_BYTES = 17;

interface Entry {
  readonly kind: string;
  readonly fd: number;
  readonly number: number;
  readonly data: Buffer;
}

export function readCallRecord(record: Buffer): CallRecord {
  const calls: Call[] = [];
  let begun: Entry | undefined;
  for (const entry of entries(record)) {
    if (entry.kind === 'b' || entry.kind === 'e') calls.push(callOf(entry, 0));
    else if (entry.kind !== '=') begun = entry;
    else if (begun !== undefined) {
      if (entry.number >= 0) calls.push(callOf(begun, entry.number));
      begun = undefined;
    }
  }
  return { calls, inDoubt: begun === undefined ? undefined : callOf(begun, begun.data.byteLength) };
}

/** One that is cut off by the process's death was not acted on. */
function* entries(record: Buffer): Generator<Entry, void, undefined> {
  for (let at = 0; at + HEADER_BYTES <= record.byteLength; ) {
    const end = at + HEADER_BYTES + record.readUInt32LE(at + 13);
    if (end > record.byteLength) return;
    yield {
      kind: String.fromCharCode(record.readUInt8(at)),
      fd: record.readInt32LE(at + 1),
      number: Number(record.readBigInt64LE(at + 5)),
      data: record.subarray(at + HEADER_BYTES, end),
    };
    at = end;
  }
}

/** `result` is what the call answered: a file descriptor, a count of bytes. */
function callOf({ kind, fd, number, data }: Entry, result: number): Call {
  switch (kind) {
    case 'o':
      return { kind: 'open', path: data.toString(), flags: number, fd: result };
    case 'w':
      return { kind: 'write', fd, position: number, bytes: data.subarray(0, result) };
    case 't':
      return { kind: 'truncate', fd, bytes: number };
    case 'b':
      return { kind: 'begin-sync', fd, number };
    case 'e':
      return { kind: 'end-sync', fd, number };
    case 'r': {
      const [path = '', to = ''] = data.toString().split('\0');
      return { kind: 'rename', path, to };
    }
    case 'u':
      return { kind: 'remove', path: data.toString() };
    case 'm':
      return { kind: 'makeDirectory', path: data.toString() };
    default:
      throw new Error(`no call is recorded as ${kind}`);
  }
}
