/**
 * Reads a Java properties file, the format of Kafka's server.properties: comments, continued lines, escapes, `=`, `:` or blanks between key and value.
 * The text is UTF-8 (Java reads Latin-1 unless told otherwise). Knows no settings.
 */

/** Later lines win over earlier ones with the same key. */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [key, value] = keyAndValue(line);
    properties.set(key, value);
  }
  return properties;
}

/** Lines without comments and leading blanks, with their continuations joined. */
function* logicalLines(text: string): Generator<string> {
  let continued: string | undefined;
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (continued === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    const joined = (continued ?? '') + line;
    if (endsInContinuation(line)) {
      continued = joined.slice(0, -1);
    } else {
      continued = undefined;
      yield joined;
    }
  }
  if (continued !== undefined && continued !== '') yield continued;
}

/** An odd number of backslashes at the end: the last one is not escaped itself. */
function endsInContinuation(line: string): boolean {
  const backslashes = /\\+$/.exec(line)?.[0].length ?? 0;
  return backslashes % 2 === 1;
}

function keyAndValue(line: string): [string, string] {
  const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(line)?.[0] ?? '';
  const value = line.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return [unescaped(key), unescaped(value)];
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_all, code: string | undefined, letter: string | undefined) =>
    code === undefined ? (escapes[letter ?? ''] ?? letter ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
