/** What a file imports, as far as its text says so: static and dynamic imports, of values and of types. */

export interface Import {
  readonly path: string;
  readonly isType: boolean;
  /** In the code. */
  readonly index: number;
}

/** `code` is without comments. */
export function importsOf(code: string): readonly Import[] {
  const statement = /\b(?:import|export)\s+(type\s)?[^'";]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g;
  return [...code.matchAll(statement)].map((match) => ({
    path: match[2] ?? match[3] ?? '',
    isType: match[1] !== undefined,
    index: match.index,
  }));
}

/** Comments as blanks, so that positions stay. Strings are left alone, also those with `//` in them. */
export function withoutComments(text: string): string {
  return text.replace(/'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (match) =>
    match.startsWith('/') ? blank(match) : match,
  );
}

export function lineAt(code: string, index: number): number {
  return code.slice(0, index).split('\n').length;
}

export function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
