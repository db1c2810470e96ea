/** What the row above knows about topics, from a log that is in the same data directory. Whoever checks the directory plugs it in (a port). */
import type { LogId } from '../../log-engine.ts';

export interface TopicAudit {
  /** The log that says which topics there are. */
  readonly log: LogId;
  /** A batch of it; lent until the call returns. They come in any order, and some of them twice. */
  onBatch(batch: Uint8Array): void;
  /** What is wrong with there being a log of this topic id and name, when all batches went by. */
  problem(id: LogId): string | undefined;
}
