/** Reads a whole topic while nobody writes, and holds it against what clients were told. */
import { LoadClient } from '../../bench/load/client.ts';
import { checkOrder } from '../../sim/checkers/order.ts';
import type { PartitionTruth } from '../../sim/checkers/partition-truth.ts';
import { violated } from '../../sim/world/world.ts';
import { hasValidCrc } from '../../src/protocol/batch/crc32c.ts';
import { lastOffset } from '../../src/protocol/batch/header.ts';
import { batches } from '../../src/protocol/batch/iterate.ts';
import { recordsOf } from '../../src/protocol/batch/records.ts';
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { Fetch } from '../../src/protocol/messages/fetch.ts';

const PIECE_BYTES = 4_000_000;
/** A partition has a few megabytes at most. */
const SCAN_MS_MAX = 30_000;

export async function checkPartitions(bootstrap: string, topic: string, truths: readonly PartitionTruth[]) {
  const client = await LoadClient.connect(bootstrap);
  try {
    for (const [index, truth] of truths.entries()) await checkPartition(client, { topic, index, truth });
  } finally {
    client.close();
  }
}

async function checkPartition(
  client: LoadClient,
  { topic, index, truth }: { topic: string; index: number; truth: PartitionTruth },
): Promise<void> {
  const found = new Map<number, string>();
  let logStart = 0;
  let nextOffset = 0;
  const deadlineMs = performance.now() + SCAN_MS_MAX;
  for (let endOffset = 1; nextOffset < endOffset; ) {
    if (performance.now() > deadlineMs) {
      violated(`${truth.rules.name}: nothing comes after ${nextOffset}, and ${endOffset} is the end`);
    }
    const partition = { partition: index, fetchOffset: nextOffset, partitionMaxBytes: PIECE_BYTES };
    const wanted = { maxWaitMs: 1, minBytes: 1, maxBytes: PIECE_BYTES, topics: [{ topic, partitions: [partition] }] };
    const { responses } = await client.request(Fetch, 11, wanted);
    const piece = responses[0]?.partitions[0] ?? violated(`${truth.rules.name} is not in the answer`);
    // A restarted broker opens its logs when they are first asked for.
    if (piece.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) continue;
    if (piece.errorCode !== ErrorCode.NONE) violated(`${truth.rules.name}: ${errorName(piece.errorCode)}`);
    for (const batch of batches(piece.records ?? new Uint8Array())) {
      if (!hasValidCrc(batch)) violated(`${truth.rules.name}: a batch with a wrong checksum at ${nextOffset}`);
      for (const { offset, value } of recordsOf(batch)) found.set(offset, `${Buffer.from(value ?? [])}`.trimEnd());
      nextOffset = lastOffset(batch) + 1;
    }
    endOffset = piece.highWatermark;
    logStart = piece.logStartOffset;
  }
  truth.checkStart(logStart);
  truth.checkScan(found, logStart);
  checkOrder(truth.rules.name, found.values(), { mayHaveGaps: false });
}
