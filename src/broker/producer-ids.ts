/** Hands out producer ids from blocks that the metadata gave to this broker. An id is handed out once, over all restarts: what is left of a block is lost. */
import type { ProducerIdBlock } from '../metadata/producer-ids.ts';

export class ProducerIds {
  readonly #takeBlock: () => Promise<ProducerIdBlock>;
  #next = 0;
  #end = 0;
  #taking: Promise<void> | undefined;

  /** `takeBlock` is asked for a block whenever the last one is used up; it rejects when the metadata cannot be written. */
  constructor(takeBlock: () => Promise<ProducerIdBlock>) {
    this.#takeBlock = takeBlock;
  }

  /** An id that nobody has had. Rejects as `takeBlock` does. */
  async take(): Promise<number> {
    while (this.#next === this.#end) {
      this.#taking ??= this.#refill();
      await this.#taking;
    }
    const id = this.#next;
    this.#next += 1;
    return id;
  }

  async #refill(): Promise<void> {
    try {
      const block = await this.#takeBlock();
      this.#next = block.first;
      this.#end = block.first + block.count;
    } finally {
      this.#taking = undefined;
    }
  }
}
