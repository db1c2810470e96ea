/**
 * Every bound on what a client, a file or the clock can make grow: a name, a value and the reason. Bounds that Apache Kafka has as
 * a setting live in config/ under Kafka's name; here is what has no setting.
 */

export const limits = {
  /** Idempotent producers that one partition remembers, about 300 bytes each. Beyond, those that wrote longest ago are forgotten. */
  producersPerPartition: 100_000,
  /**
   * Bytes of one partition that are appended and not yet acknowledged. A connection that produces into one beyond it is not read from until
   * the disk has caught up; this also bounds who waits for the partition, since everyone who waits has appended a batch.
   */
  uncommittedBytesPerPartition: 64 * 1024 * 1024,
} as const;
