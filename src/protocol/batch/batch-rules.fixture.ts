/** What a topic asks of batches when nobody has changed its settings. */
import type { BatchRules } from './batch-rules.ts';

export const DEFAULT_RULES: BatchRules = {
  maxMessageBytes: 1_048_588,
  cleanupPolicy: ['delete'],
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionZstdLevel: 3,
};
