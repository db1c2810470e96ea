/** What the group coordinator asks of the cluster's metadata: which topic an id means now, and the other way round. */
export interface TopicNames {
  /** Undefined when no such topic exists. */
  idOf(name: string): string | undefined;
  nameOf(id: string): string | undefined;
}
