/** Reads a partition from its beginning to an offset, one fetch after the other, as consumers do. */
import { lastOffset, sizeInBytes } from '../../src/protocol/batch/header.ts';
import { Fetch } from '../../src/protocol/messages/fetch.ts';
import { decodeAnswer, type LoadClient, requestFrame } from './client.ts';

const VERSION = 12;

export interface ConsumeLoad {
  readonly topic: string;
  readonly endOffset: number;
  readonly partitionBytesMax: number;
  /** Default: all records. */
  readonly isolation?: 'committed' | 'uncommitted';
}

/** Answers how many bytes of records came. */
export async function consumeAll(client: LoadClient, load: ConsumeLoad): Promise<number> {
  let bytes = 0;
  await client.run((done) => {
    const fetchFrom = (fetchOffset: number) =>
      client.send(fetchFrame({ ...load, fetchOffset }), (answer) => {
        const records = fetchedRecords(answer);
        bytes += records.length;
        const next = nextOffset(records) ?? fetchOffset;
        if (next >= load.endOffset) done();
        else fetchFrom(next);
      });
    fetchFrom(0);
  });
  return bytes;
}

/** A fetch from one offset on. */
export function fetchFrame(options: Omit<ConsumeLoad, 'endOffset'> & { fetchOffset: number }): Uint8Array {
  const { topic, fetchOffset, partitionBytesMax, isolation } = options;
  return requestFrame(Fetch, VERSION, {
    maxWaitMs: 500,
    minBytes: 1,
    isolationLevel: isolation === 'committed' ? 1 : 0,
    maxBytes: 50 * 1024 * 1024,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: partitionBytesMax }] }],
  });
}

export function fetchedRecords(answer: Uint8Array): Uint8Array {
  const partition = decodeAnswer(Fetch, VERSION, answer).responses[0]?.partitions[0];
  if (partition?.errorCode !== 0) throw new Error(`a fetch was refused: error ${partition?.errorCode}`);
  return partition.records ?? new Uint8Array(0);
}

/** The offset after the last whole batch; a cut one at the end does not count. */
export function nextOffset(records: Uint8Array): number | undefined {
  let next: number | undefined;
  for (let at = 0; at + 61 <= records.length; ) {
    const batch = records.subarray(at);
    const size = sizeInBytes(batch);
    if (size > batch.length) break;
    next = lastOffset(batch) + 1;
    at += size;
  }
  return next;
}
