/**
 * The answer to a command that another command will give: a JoinGroup that waits for the other members. It is answered exactly once, by
 * the coordinator or, when its state goes away, with an error.
 */
import { assert } from '../base/assert.ts';
import type { ErrorCode } from '../protocol/error-code.ts';

export class PendingReply<T> {
  readonly promise: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #refusal: ((error: ErrorCode) => T) | undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** How this reply says that the coordinator cannot answer. Set by the runtime before anyone waits. */
  set refusal(refusal: (error: ErrorCode) => T) {
    this.#refusal = refusal;
  }

  /** For the runtime alone: commands answer through `Turn.reply`, which waits for the log. */
  resolve(value: T): void {
    this.#resolve(value);
  }

  /** For the runtime alone. */
  refuse(error: ErrorCode): void {
    assert(this.#refusal !== undefined, 'a reply was refused that nobody waits for');
    this.#resolve(this.#refusal(error));
  }
}
