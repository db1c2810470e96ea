/** What a suite of checks is given of an engine, whichever it is. */
import type { LogEngine } from './log-engine.ts';

export interface EngineUnderTest {
  readonly engine: LogEngine;
  /** A clean stop, then a new engine over what is left. */
  reopen(): Promise<LogEngine>;
  /** Moves the time that the engine sees. */
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}
