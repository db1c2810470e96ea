/**
 * Replies that wait for the disk, in the order in which they were given. Each carries the log position that its command had seen; it may
 * leave when everything below is durable. Positions never fall, so the first that must wait holds back all behind it.
 */
import type { ErrorCode } from '../protocol/error-code.ts';

export interface HeldReply {
  deliver(): void;
  refuse(error: ErrorCode): void;
}

export class HeldReplies {
  #positions: number[] = [];
  #replies: HeldReply[] = [];

  get size(): number {
    return this.#replies.length;
  }

  /** `position` is the end of the log as the command saw it. */
  add(position: number, reply: HeldReply): void {
    this.#positions.push(position);
    this.#replies.push(reply);
  }

  /** Lets everything leave that has seen nothing at or above `durable`. */
  release(durable: number): void {
    let count = 0;
    while (count < this.#positions.length && (this.#positions[count] ?? Infinity) <= durable) count += 1;
    if (count === 0) return;
    this.#positions.splice(0, count);
    for (const reply of this.#replies.splice(0, count)) reply.deliver();
  }

  refuseAll(error: ErrorCode): void {
    this.#positions = [];
    const replies = this.#replies;
    this.#replies = [];
    for (const reply of replies) reply.refuse(error);
  }
}
