/** How a log says no. Both are faults of the world as the partition sees it; a client is answered KAFKA_STORAGE_ERROR. */

/** The log is closed, by its owner or by a fault (the cause). Nothing was appended. */
export class LogClosed extends Error {
  override readonly name = 'LogClosed';
}

/** The engine holds as much as it may. Nothing was appended; the log stays open. */
export class LogFull extends Error {
  override readonly name = 'LogFull';
}

/** The log's data directory cannot be used now, which was told when it was noticed. What is in it comes back with it. */
export class LogOffline extends Error {
  override readonly name = 'LogOffline';
}

/** Bytes at rest are not what was written. Nothing more can be read there. */
export class LogCorrupt extends Error {
  override readonly name = 'LogCorrupt';
}
