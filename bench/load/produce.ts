/** Produces as fast as the broker answers, or at a steady rate; into one partition or into many in turn. */
import { Produce } from '../../src/protocol/messages/produce.ts';
import { decodeAnswer, type LoadClient, requestFrame } from './client.ts';

const VERSION = 9;

export interface ProduceLoad {
  readonly topic: string;
  readonly batch: Uint8Array;
  readonly acks: -1 | 0 | 1;
  /** One request after the other goes to the next of so many partitions; 1 when absent. */
  readonly partitions?: number;
}

/** A request for each partition. */
function produceFrames({ topic, batch, acks, partitions = 1 }: ProduceLoad): readonly Uint8Array[] {
  return Array.from({ length: partitions }, (_, index) =>
    requestFrame(Produce, VERSION, {
      acks,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index, records: batch }] }],
    }),
  );
}

function inTurn(frames: readonly Uint8Array[], index: number): Uint8Array {
  return frames[index % frames.length] ?? new Uint8Array(0);
}

/** `requests` times the same batch, `inFlight` of them unanswered at any time. */
export function produceAll(
  client: LoadClient,
  load: ProduceLoad & { requests: number; inFlight: number },
): Promise<void> {
  const frames = produceFrames(load);
  return client.run((done) => {
    let sent = 0;
    let answered = 0;
    const onAnswer = (answer: Uint8Array) => {
      answered += 1;
      // Looking at each answer would cost more than some brokers spend on the request; a refusal repeats, so the last one shows it.
      if (answered === load.requests) {
        expectSuccess(answer);
        done();
      } else sendNext();
    };
    const sendNext = () => {
      if (sent === load.requests) return;
      client.send(inTurn(frames, sent), onAnswer);
      sent += 1;
    };
    for (let i = 0; i < load.inFlight; i += 1) sendNext();
  });
}

/** One batch per millisecond and more when a timer came late; answers how long each took, in milliseconds. */
export async function produceSteadily(
  client: LoadClient,
  load: ProduceLoad & { perSecond: number; seconds: number },
): Promise<Float64Array> {
  const frames = produceFrames(load);
  const total = load.perSecond * load.seconds;
  const latencies = new Float64Array(total);
  await client.run((done) => {
    const startedAt = performance.now();
    let sent = 0;
    let answered = 0;
    const send = () => {
      const index = sent;
      const sentAt = performance.now();
      sent += 1;
      client.send(inTurn(frames, index), (answer) => {
        latencies[index] = performance.now() - sentAt;
        answered += 1;
        if (answered < total) return;
        expectSuccess(answer);
        done();
      });
    };
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - startedAt) * load.perSecond) / 1000);
      while (sent < due) send();
      if (sent === total) clearInterval(timer);
    }, 1);
  });
  return latencies;
}

function expectSuccess(answer: Uint8Array): void {
  const { responses } = decodeAnswer(Produce, VERSION, answer);
  const errorCode = responses[0]?.partitionResponses[0]?.errorCode;
  if (errorCode !== 0) throw new Error(`a produce request was refused: error ${errorCode}`);
}
