/** One string for each log, to look it up by: its topic's name may be another topic's later, its id is nobody else's. */
import type { LogId } from './log-engine.ts';

export function keyOf({ topicId, partition }: Pick<LogId, 'topicId' | 'partition'>): string {
  return `${partition} ${topicId}`;
}
