/** Collects lines into batches: full ones while input is plenty, what there is once the oldest line has waited long enough. */

export interface BatchLimits {
  readonly lines: number;
  readonly bytes: number;
  readonly waitMs: number;
}

/** Ends with the lines, or with `signal` after what was read is delivered. Reads no further than one batch ahead. */
export async function* inBatches(
  lines: AsyncIterable<string>,
  limits: BatchLimits,
  outside: { readonly signal: AbortSignal; wait(delayMs: number): Promise<void> },
): AsyncGenerator<readonly string[]> {
  const collector = new Collector(limits);
  outside.signal.addEventListener('abort', () => collector.end(undefined), { once: true });
  if (outside.signal.aborted) return;
  collector.collect(lines).then(
    () => collector.end(undefined),
    (error: unknown) => collector.end({ error }),
  );
  while (true) {
    await collector.hasLines();
    if (!collector.isFull && !collector.isEnded)
      await Promise.race([collector.isComplete(), outside.wait(limits.waitMs)]);
    const batch = collector.take();
    if (batch.length > 0) yield batch;
    else if (collector.isEnded) return;
  }
}

/** The batch that is being filled. At most one side waits for the other at any time. */
class Collector {
  readonly #limits: BatchLimits;
  #lines: string[] = [];
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  isEnded = false;
  #wakeReader: () => void = () => {};
  #wakeCollector: () => void = () => {};

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.#lines.length >= this.#limits.lines || this.#bytes >= this.#limits.bytes;
  }

  async collect(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      if (this.isEnded) return;
      this.#lines.push(line);
      this.#bytes += line.length;
      if (this.#lines.length === 1 || this.isFull) this.#wakeReader();
      if (this.isFull) await new Promise<void>((resolve) => (this.#wakeCollector = resolve));
    }
  }

  end(failure: { readonly error: unknown } | undefined): void {
    this.isEnded = true;
    this.#failure ??= failure;
    this.#wakeReader();
    this.#wakeCollector();
  }

  async hasLines(): Promise<void> {
    if (this.#lines.length === 0 && !this.isEnded) await this.isComplete();
  }

  /** Resolves with the first line, with a full batch, at the end. */
  isComplete(): Promise<void> {
    return new Promise((resolve) => (this.#wakeReader = resolve));
  }

  /** Throws what the input threw, once everything before it is taken. */
  take(): readonly string[] {
    const batch = this.#lines;
    if (batch.length === 0 && this.#failure !== undefined) throw this.#failure.error;
    this.#lines = [];
    this.#bytes = 0;
    this.#wakeCollector();
    return batch;
  }
}
