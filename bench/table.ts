/** Figures side by side, with the ratio of the first column to the second. */
import type { Figures } from './workloads.ts';

export function printTable(columns: readonly { name: string; figures: Figures }[]): void {
  const names = [...new Set(columns.flatMap(({ figures }) => [...figures.keys()]))];
  const rows = names.map((name) => {
    const values = columns.map(({ figures }) => figures.get(name));
    const [first, second] = values;
    const ratio = first === undefined || second === undefined ? [] : [(first / second).toFixed(2)];
    return [name, ...values.map(rounded), ...ratio];
  });
  const header = ['', ...columns.map(({ name }) => name), ...(columns.length > 1 ? ['ratio'] : [])];
  const widths = header.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)));
  for (const row of [header, ...rows]) {
    const cells = row.map((cell, index) =>
      index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

/** Three significant digits, and whole numbers above that. */
function rounded(value: number | undefined): string {
  if (value === undefined) return '-';
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
