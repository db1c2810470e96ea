/**
 * Every bound on what a client, a file or the clock can make grow (invariant I14): a name, a value and the reason. Bounds that Apache Kafka has as
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
  /** The shortest time that a produce request waits for the disk, whatever its timeout says: there is nobody else to wait for. */
  produceTimeoutMinMs: 1_000,
  /** Partitions in all fetch sessions together, about 300 bytes each: a thousand clients with a thousand partitions. */
  fetchSessionPartitions: 1_000_000,
  /** How long a fetch session is safe from eviction after its start, and from being called unused after its last request (KIP-227). */
  fetchSessionEvictionMs: 120_000,
  /**
   * Bytes handed to one connection's socket that the operating system has not taken. Beyond, no further request of that connection is begun until all
   * have left, so a client that does not read costs this plus one answer.
   */
  connectionOutputBytes: 1024 * 1024,
  /** Bytes of one connection's requests that wait or are being handled. Beyond, it is not read from; a client that pipelines five requests of 1 MB fits. */
  connectionRequestBytes: 8 * 1024 * 1024,
  /** Requests of one connection that wait or are being handled: bounds the memory that tiny requests cost beside their bytes. */
  connectionRequests: 1_000,
  /** Bytes of all connections' requests when `queued.max.request.bytes` sets no bound: requests of the usual size of 1 MB from 256 connections at once. */
  requestBytes: 256 * 1024 * 1024,
  /** What is allocated on the word of a length prefix. A larger request gets more room as its bytes arrive. */
  frameBytesBelieved: 1024 * 1024,
  /** How long a half-received request may hold memory without a further byte while others wait for memory. */
  frameStallMs: 10_000,
  /** How long a stop waits for answers of what is in the log and becomes durable. */
  stopDrainMs: 2_000,
  /** How long a stop waits for other requests. Most that take longer wait for another client, such as a join for the rest of its group, and would wait for ever. */
  stopParkedMs: 200,
  /** How often refused connections or broken clients are logged per listener; what happens in between is counted. */
  refusalLogIntervalMs: 10_000,
  /** Bytes that one compressed batch may inflate to while it is checked or packed anew: a hundred times the usual largest batch of 1 MB. */
  inflatedBatchBytes: 128 * 1024 * 1024,
  /** Records of one refused batch that the answer names; a batch of 1 MB can hold a hundred thousand bad ones. */
  recordErrorsPerBatch: 1_000,
  /** Batches that compaction decides about in one turn: a tenth of a millisecond, as every step of a request may wait for one. */
  compactionTurnBytes: 16 * 1024,
  /** What compaction has written gathers to so much before it goes to the file: a write costs as much as some turns. */
  compactionWriteBytes: 64 * 1024,
  /** Memory for keys that is kept for the next compaction: enough for a few hundred thousand keys, so that only large passes take more anew. */
  keptKeyMapBytes: 16 * 1024 * 1024,
  /** Bytes that all logs of the memory engine hold together: a test suite's worth, far from what would get the process killed. */
  memoryLogBytes: 1024 * 1024 * 1024,
  /**
   * Array elements in one message, all arrays together. Tiny elements are the cheapest way to make a small frame large in memory (16 to 300 bytes each);
   * a fetch of 200,000 partitions fits.
   */
  elementsPerMessage: 1_000_000,
  /** Partitions that one CreateTopics or CreatePartitions may add: Kafka's own bound, one metadata batch of half a megabyte. */
  newPartitionsPerRequest: 10_000,
  /** Partitions of one cluster: about 200 bytes each in every broker's image, and a directory each where logs are files. */
  partitions: 200_000,
  /** Topics that are remembered as removed, about 150 bytes each, the latest ones: a removal that was cut short goes on at the next start, or minutes later. */
  removedTopicsKnown: 10_000,
  /** Dynamic settings of all resources together: names of groups, metrics subscriptions and unknown broker settings are free, so clients could add them for ever. */
  dynamicSettings: 100_000,
  /** Bytes of one setting's text: the longest string that Kafka's protocol and records can hold. */
  configValueBytes: 32_767,
  /** Characters of an error message that quotes what a client sent: enough for a name that is too long, far below what a string can hold. */
  errorMessageCharacters: 4_000,
  /** Topics that are being created because somebody asked for their metadata. Beyond, the name stays unknown and the client asks again. */
  automaticTopicCreations: 1_000,
  /** The most that one read takes from a segment file at once, unless a single batch is larger: bounds the memory of reads under way. */
  logReadBytes: 1024 * 1024,
  /** Read buffers of `logReadBytes` that wait for the next read: as many reads as go on at a time on a busy broker. */
  freeReadBuffers: 16,
  /** Batches of all logs of a local engine that stay in memory after they were written: tail reads of clients that keep up need no file. */
  recentBatchBytes: 64 * 1024 * 1024,
  /** Segment and index files that a local engine holds open. Beyond, the one used longest ago is closed. */
  openLogFiles: 4_000,
  /** What one write call is given: more batches than this go with the next one. */
  logWriteBytes: 8 * 1024 * 1024,
  /** Readers of one log whose place in a segment is remembered, so that reading on needs no index. */
  readersRemembered: 16,
  /** Records that one turn's commands of one coordinator may leave together in a batch; beyond, it is written before the turn ends. */
  coordinatorBatchBytes: 1024 * 1024,
  /** Commands that may wait while a coordinator reads its log: more than the groups of one partition send in that time. */
  coordinatorCommandsWhileLoading: 10_000,
  /** How long a coordinator whose log could not be read or written answers with an error before its state is read again. */
  coordinatorReloadPauseMs: 1_000,
  /** Member ids that one group has given out and that have not joined yet; each lives as long as a session, up to 30 minutes. */
  pendingMembersPerGroup: 10_000,
  /** Transactional ids that one partition of `__transaction_state` knows, about 500 bytes each; they are forgotten after a week of silence. */
  transactionalIdsPerPartition: 100_000,
  /** Partitions of one transaction: every further one writes the whole list down again. */
  partitionsPerTransaction: 10_000,
  /** How long a coordinator waits before it tries again to write a marker that a partition could not take. */
  markerRetryPauseMs: 100,
  /** Age of the recovery points of a data directory under load, so that a crash leaves seconds of writes to be checked and written again. */
  recoveryPointAgeMs: 5_000,
  /** Logs that are checked or copied by a tool at the same time: keeps a disk busy, at 1 MB of buffer each. */
  logsChecked: 8,
  /** How often a broker looks whether somebody asks for the cut of a backup: one `stat`. */
  cutRequestIntervalMs: 1_000,
  /** Faults of one data directory that a check lists; the others are counted. */
  faultsListed: 1_000,
  /** Bytes of one index file that a check takes into memory: six times the usual largest one (`segment.index.bytes`). */
  indexBytesChecked: 64 * 1024 * 1024,
  /**
   * Partitions of one topic that one request works on at the same time, when it asks for offsets or deletes records: as many as logs that are opened, because after a
   * crash the first request of a client with thousands of partitions has each of them recovered; and new starts share writes.
   */
  partitionsAnswering: 32,
  /** Logs that are opened from their files, or closed, at the same time: keeps the disk busy with a few files and 1 MB of buffer each. */
  logsOpening: 32,
  /** How long what failed on a disk is left alone after its first fault, and after many: see `FaultPause`. */
  faultPauseMinMs: 250,
  faultPauseMaxMs: 30_000,
  /** Kept free on a data directory's volume: room for the checkpoints, snapshots and indexes of thousands of logs, and for metadata. */
  diskReserveBytes: 64 * 1024 * 1024,
  /** What is appended before the disk is asked for its free bytes again, and how often it is asked while it is full. */
  diskCheckBytes: 64 * 1024 * 1024,
  diskCheckIntervalMs: 1_000,
  /** How often faults of partitions are told one by one; in between they are counted. */
  faultLogIntervalMs: 10_000,
  /** Logs that are synced at the same time: more than the threads that Node gives to files, few enough to keep files within bounds. */
  logsSyncing: 32,
  /**
   * Up to this size, a log's epochs, its snapshot and the indexes of a new segment are written and not synced at a stop: making them anew after a power loss takes as long
   * as the syncs that it spares. Indexes that were there before are synced: what stands in an old one may look right.
   */
  smallLogBytes: 1024 * 1024,
  /** Bytes of one journal file: replaying one takes a fraction of a second, and within it a thousand busy partitions come to dozens of pages each: a sync of a segment costs three more. */
  journalFileBytes: 128 * 1024 * 1024,
  /** Journal files that wait until the segments of their logs are synced. Beyond, logs are synced one by one, as if there were no journal. */
  journalFiles: 2,
  /** How long bytes are durable by the journal alone when it does not fill: what a quiet broker has to do at its stop is little. */
  journalAgeMs: 30_000,
  /** What one write to the journal is given: more goes with the next one. */
  journalFrameBytes: 4 * 1024 * 1024,
  /** Logs synced at a time because the journal wants to let go of them: acknowledgements need the disk and the threads more. */
  journalLogsSyncing: 2,
  /** Logs copied into another data directory at a time, with a buffer each; the others take turns with them. */
  logsMoving: 4,
  /** What may be missing in the copy of a log when appends begin to wait for it: a few milliseconds of a disk. */
  moveRestBytes: 1024 * 1024,
  /** Remembered wishes where partitions that are not there yet are to live (AlterReplicaLogDirs); the oldest goes first. */
  directoryWishes: 10_000,
} as const;
