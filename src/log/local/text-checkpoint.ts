/**
 * The layout of Kafka's checkpoint files: a version line, a line with the number of rows, the rows. Pure text; what a row means is known to
 * those who use it.
 */

const VERSION = '0';

export function formatCheckpoint(rows: readonly string[]): string {
  return `${[VERSION, rows.length, ...rows].join('\n')}\n`;
}

/** Each row's words. Undefined when the text is not a whole checkpoint. */
export function parseCheckpoint(text: string, wordsPerRow: number): readonly (readonly string[])[] | undefined {
  const lines = text.split('\n').filter((line) => line !== '');
  const rows = lines.slice(2).map((line) => line.split(/\s+/));
  const intact = lines[0] === VERSION && lines[1] === String(rows.length);
  return intact && rows.every((words) => words.length === wordsPerRow) ? rows : undefined;
}

/** An offset or epoch as such a file has it; undefined when it is none. */
export function parseWholeNumber(word: string | undefined): number | undefined {
  const number = Number(word);
  return word !== undefined && word !== '' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
