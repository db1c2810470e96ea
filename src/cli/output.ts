/** What commands print: tables for people, one JSON document for programs. Never both, and nothing else on standard output. */
import type { Shell } from '../platform/shell.ts';

export type Cell = string | number | bigint | boolean | null | undefined;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Columns as wide as their longest cell; numbers to the right. */
export function tableText(table: Table): string {
  const cells = table.rows.map((row) => row.map((cell) => cellText(cell)));
  const widths = table.columns.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const isNumber = table.columns.map(
    (_, index) => table.rows.length > 0 && table.rows.every((row) => ['number', 'bigint'].includes(typeof row[index])),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) =>
        isNumber[index] === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const header = table.columns.map((name) => name.toUpperCase());
  return [header, ...cells].map((texts) => `${line(texts)}\n`).join('');
}

/** JSON with every int64 as a number, or as a string where a number would lose digits. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'bigint') return member;
    return Number.isSafeInteger(Number(member)) ? Number(member) : String(member);
  });
}

/** `person` is only made when a person reads. */
export function print(
  shell: Shell,
  flags: { readonly json?: true },
  value: unknown,
  person: () => string,
): Promise<void> {
  return shell.out(flags.json === true ? `${jsonText(value)}\n` : person());
}

export function plural(count: number | bigint, noun: string): string {
  return `${count} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** Kafka's 22 characters for the 36 that the client has. */
export function shortUuid(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

function cellText(cell: Cell): string {
  return cell === undefined || cell === null ? '-' : String(cell);
}
