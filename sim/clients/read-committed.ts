/** How simulated readers read committed records: one fetch, from whose answer the records of aborted transactions are left out as Kafka's clients do it (KIP-98). */
import { hasValidCrc } from '../../src/protocol/batch/crc32c.ts';
import { endTransactionOf } from '../../src/protocol/batch/end-transaction-batch.ts';
import { baseOffset, isControl, isTransactional, lastOffset, producerId } from '../../src/protocol/batch/header.ts';
import { batches } from '../../src/protocol/batch/iterate.ts';
import { recordsOf } from '../../src/protocol/batch/records.ts';
import { violated } from '../world/world.ts';
import type { Client } from './client.ts';
import { fetchOnce, type WantedBytes } from './read.ts';

export interface PartitionPlace {
  readonly topicId: string;
  readonly index: number;
  readonly name: string;
}

export interface CommittedRecord {
  readonly offset: number;
  readonly value: string;
}

export interface CommittedFetch {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStart: number;
  readonly records: readonly CommittedRecord[];
  readonly nextOffset: number;
}

export async function fetchCommitted(
  client: Client,
  { topicId, index, name }: PartitionPlace,
  wanted: WantedBytes,
): Promise<CommittedFetch | undefined> {
  const { offset } = wanted;
  const result = await fetchOnce(client, { topicId, index, isolationLevel: 1 }, wanted);
  if (result === undefined) return undefined;
  const { errorCode, highWatermark, lastStableOffset, logStartOffset } = result;
  const aborted = (result.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const abortedNow = new Set<number>();
  const records: CommittedRecord[] = [];
  let nextOffset = offset;
  for (const batch of batches(result.records ?? new Uint8Array())) {
    if (!hasValidCrc(batch)) violated(`${name}: the batch at ${baseOffset(batch)} has a wrong checksum`);
    const last = lastOffset(batch);
    if (last >= lastStableOffset) violated(`${name}: a read of committed records goes on to ${last}, behind its end`);
    nextOffset = last + 1;
    for (let next = aborted[0]; next !== undefined && next.firstOffset <= last; next = aborted[0]) {
      abortedNow.add(next.producerId);
      aborted.shift();
    }
    if (isControl(batch)) {
      if (endTransactionOf(batch)?.isCommit === false) abortedNow.delete(producerId(batch));
    } else if (!isTransactional(batch) || !abortedNow.has(producerId(batch))) {
      for (const record of recordsOf(batch)) {
        if (record.offset >= offset)
          records.push({ offset: record.offset, value: `${Buffer.from(record.value ?? [])}` });
      }
    }
  }
  return { errorCode, highWatermark, lastStableOffset, logStart: logStartOffset, records, nextOffset };
}
