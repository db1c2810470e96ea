/**
 * The compiled codec beside the closure-built one, on the four messages that a busy broker reads and writes most: `node
 * bench/codec.ts`. It justifies `codec-compiler.ts`: were the closures within a third of it, the compiler would not be
 * worth its source.
 */
import { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import { closureCodec } from '../src/protocol/codec-closures.ts';
import { compileCodec } from '../src/protocol/codec-compiler.ts';
import type { Codec } from '../src/protocol/codec-type.ts';
import { layoutOf } from '../src/protocol/layout.ts';
import { Fetch } from '../src/protocol/messages/fetch.ts';
import { Produce } from '../src/protocol/messages/produce.ts';
import { Reader } from '../src/protocol/reader.ts';
import type { Message } from '../src/protocol/schema.ts';
import { Writer } from '../src/protocol/writer.ts';

const ROUNDS = 5;
const ROUND_MS = 200;

const batch = Buffer.alloc(16_384, 1);
const topicId = 'JC7WSfiluvkuOhZCuviDEA';
const fifty = Array.from({ length: 50 }, (_, index) => index);

const workloads: readonly { name: string; message: Message; version: number; value: object }[] = [
  {
    name: 'Produce request, 1 partition',
    message: Produce.request,
    version: 9,
    value: {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: 'orders', partitionData: [{ index: 3, records: batch }] }],
    },
  },
  {
    name: 'Produce response, 1 partition',
    message: Produce.response,
    version: 9,
    value: {
      responses: [{ name: 'orders', partitionResponses: [{ index: 3, baseOffset: 123_456, logStartOffset: 0 }] }],
    },
  },
  {
    name: 'Fetch request, 50 partitions',
    message: Fetch.request,
    version: 13,
    value: {
      maxWaitMs: 500,
      minBytes: 1,
      topics: [
        {
          topicId,
          partitions: fifty.map((partition) => ({ partition, fetchOffset: 123_456_789, partitionMaxBytes: 1_048_576 })),
        },
      ],
    },
  },
  {
    name: 'Fetch response, 50 partitions',
    message: Fetch.response,
    version: 13,
    value: {
      responses: [
        {
          topicId,
          partitions: fifty.map((partitionIndex) => ({ partitionIndex, highWatermark: 123_456_789, records: [batch] })),
        },
      ],
    },
  },
];

const rows = workloads.flatMap(({ name, message, version, value }) => {
  const layout = layoutOf(message, version);
  const compiled = compileCodec(layout);
  const closures = closureCodec(layout);
  return [
    { name: `read ${name}`, compiled: readNs(compiled, value), closures: readNs(closures, value) },
    { name: `write ${name}`, compiled: writeNs(compiled, value), closures: writeNs(closures, value) },
  ];
});
console.table(
  rows.map(({ name, compiled, closures }) => ({
    '': name,
    'compiled ns': Math.round(compiled),
    'closures ns': Math.round(closures),
    ratio: Number((closures / compiled).toFixed(1)),
  })),
);

function readNs(codec: Codec<unknown, unknown>, value: object): number {
  const writer = new Writer();
  codec.write(writer, value);
  const frame = writer.toBytes();
  return bestNs(() => codec.read(new Reader(frame)));
}

function writeNs(codec: Codec<unknown, unknown>, value: object): number {
  return bestNs(() => {
    const writer = new Writer();
    codec.write(writer, value);
    return writer.finish();
  });
}

/** Nanoseconds per call in the best of several rounds: the least disturbed one. */
function bestNs(work: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let calls = 0;
    let elapsedMs = 0;
    for (; elapsedMs < ROUND_MS; elapsedMs = performance.now() - start) {
      for (let repeat = 0; repeat < 100; repeat++) work();
      calls += 100;
    }
    best = Math.min(best, (elapsedMs * 1e6) / calls);
  }
  return best;
}
