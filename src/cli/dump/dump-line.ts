/** One thing that a dump shows: what it is, and its fields. */
import type { Json } from '../../protocol/json.ts';

export type DumpLine = { readonly kind: string } & Readonly<Record<string, Json>>;

/** For people: `kind name=value …`; records are set in under their batch. */
export function lineText({ kind, ...fields }: DumpLine): string {
  const words = Object.entries(fields).map(
    ([name, value]) =>
      `${name}=${typeof value === 'string' && /^[\w.-]+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  return `${kind === 'record' ? '  ' : ''}${[kind, ...words].join(' ')}\n`;
}
