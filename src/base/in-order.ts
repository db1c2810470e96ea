/**
 * Awaits `work` for one item after the other, or for `atATime` of them: what clients can make long must not all be under way at once. The results are in the
 * order of the items. Rejects with the first failure, but only when nothing is under way any more.
 */
export async function inOrder<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result | Promise<Result>,
  atATime = 1,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const workOn = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      try {
        // `index` is in the list, whose items may be undefined.
        results[index] = await work(items[index] as Item);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(atATime, items.length) }, workOn);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return results;
}
