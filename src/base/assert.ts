/**
 * Assertions for our own mistakes. They stay on in production: a broker that is wrong must stop being wrong loudly.
 * Never for what a client or a disk did; those have errors of their own.
 */

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly details: object;

  constructor(message: string, details: object = {}) {
    super(message);
    this.details = details;
  }
}

/** `message` is a literal; put values into `details`. */
export function assert(condition: unknown, message: string, details?: object): asserts condition {
  if (!condition) throw new AssertionError(message, details);
}

/** The value, which is known to be there. */
export function present<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new AssertionError(message);
  return value;
}

/** The default branch of a switch over a tagged union. */
export function unreachable(value: never): never {
  throw new AssertionError('a case that cannot happen', { value });
}
