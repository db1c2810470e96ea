/** What tells logs apart, as one string: a topic that is made again has the same name and another id. */
import type { LogId } from './log-engine.ts';

export function keyOf({ topicId, partition }: Pick<LogId, 'topicId' | 'partition'>): string {
  return `${partition} ${topicId}`;
}
