/** Answers that may be there already: handlers pass them on without a promise, so that a heartbeat is answered in the turn in which it came. */

export function mapSoon<T, U>(value: T | Promise<T>, map: (value: T) => U): U | Promise<U> {
  return value instanceof Promise ? value.then(map) : map(value);
}
