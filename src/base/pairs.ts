import { assert } from './assert.ts';

/** Two lists of the same length, element by element. */
export function pairs<Left, Right>(left: readonly Left[], right: readonly Right[]): (readonly [Left, Right])[] {
  assert(left.length === right.length, 'lists of different lengths are paired', {
    left: left.length,
    right: right.length,
  });
  // An index within both lists.
  return left.map((element, index) => [element, right[index] as Right]);
}
