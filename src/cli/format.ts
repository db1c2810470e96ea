/** How a record is printed: by a format string, or as one JSON object per line. Pure. */

export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since the epoch. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer, Buffer | null])[];
}

export const formatHelp = [
  '',
  'Format: %t topic, %p partition, %o offset, %T timestamp in ms, %k key, %s value, %h headers, %% a percent sign,',
  '        \\n, \\t and \\0 as usual. Nothing is added at the end of a record.',
  '',
].join('\n');

export const defaultFormat = '%s\\n';

type Part = Uint8Array | ((record: ConsumedRecord) => Uint8Array);

const fields: Readonly<Record<string, (record: ConsumedRecord) => Uint8Array>> = {
  t: (record) => Buffer.from(record.topic),
  p: (record) => Buffer.from(String(record.partition)),
  o: (record) => Buffer.from(String(record.offset)),
  T: (record) => Buffer.from(String(record.timestamp)),
  k: (record) => record.key ?? Buffer.alloc(0),
  s: (record) => record.value ?? Buffer.alloc(0),
  h: (record) => Buffer.from(record.headers.map(([name, value]) => `${name}=${value ?? ''}`).join(',')),
  '%': () => Buffer.from('%'),
};

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' };

/** Undefined when the format asks for a field that does not exist. Keys and values are printed as the bytes that they are. */
export function recordFormatter(format: string): ((record: ConsumedRecord) => Uint8Array) | undefined {
  const parts: Part[] = [];
  for (const [piece, field, escaped] of format.matchAll(/%(.)|\\(.)|[^%\\]+|[%\\]$/gs)) {
    const print = field === undefined ? undefined : fields[field];
    if (field !== undefined && print === undefined) return undefined;
    parts.push(print ?? Buffer.from(escaped === undefined ? piece : (escapes[escaped] ?? piece)));
  }
  return (record) => Buffer.concat(parts.map((part) => (typeof part === 'function' ? part(record) : part)));
}

/** What is not UTF-8 appears with replacement characters; use a format string for bytes. */
export function recordJson(record: ConsumedRecord): string {
  const object = {
    topic: record.topic,
    partition: record.partition,
    offset: Number(record.offset),
    timestamp: Number(record.timestamp),
    key: record.key === null ? null : record.key.toString('utf8'),
    value: record.value === null ? null : record.value.toString('utf8'),
    headers: Object.fromEntries(record.headers.map(([name, value]) => [name.toString(), value?.toString() ?? null])),
  };
  return `${JSON.stringify(object)}\n`;
}
