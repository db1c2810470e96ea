/** Awaits `work` for one item after the other: what clients can make long must not all be under way at once. */
export async function inOrder<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
