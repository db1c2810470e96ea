/** Produces as fast as the broker answers, or at a steady rate; into one partition or into many in turn. */
import { Produce } from '../../src/protocol/messages/produce.ts';
import { decodeAnswer, type LoadClient, requestFrame } from './client.ts';
import { sendSteadily } from './steadily.ts';

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
  return Array.from({ length: partitions }, (_, partition) => produceFrame({ topic, partition, batch, acks }));
}

export function produceFrame(request: {
  topic: string;
  partition: number;
  batch: Uint8Array;
  acks: -1 | 0 | 1;
}): Uint8Array {
  const { topic, partition, batch, acks } = request;
  const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }];
  return requestFrame(Produce, VERSION, { acks, timeoutMs: 30_000, topicData });
}

function inTurn(frames: readonly Uint8Array[], index: number): Uint8Array {
  return frames[index % frames.length] ?? new Uint8Array(0);
}

/** `requests` times the same batch, `inFlight` of them unanswered at any time. */
export function produceAll(
  client: LoadClient,
  load: ProduceLoad & { requests: number; inFlight: number },
): Promise<void> {
  return sendAll(client, { ...load, frames: produceFrames(load) });
}

/** `requests` of these, one after the other and then again, `inFlight` of them unanswered at any time. */
export function sendAll(
  client: LoadClient,
  load: { frames: readonly Uint8Array[]; requests: number; inFlight: number },
): Promise<void> {
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
      client.send(inTurn(load.frames, sent), onAnswer);
      sent += 1;
    };
    for (let i = 0; i < load.inFlight; i += 1) sendNext();
  });
}

/** Answers how long each took, in milliseconds. */
export function produceSteadily(
  client: LoadClient,
  load: ProduceLoad & { perSecond: number; seconds: number },
): Promise<number[]> {
  const frames = produceFrames(load);
  const total = load.perSecond * load.seconds;
  return sendSteadily(client, {
    perSecond: load.perSecond,
    goesOn: (index) => index < total,
    frame: (index) => inTurn(frames, index),
    onAnswer: (answer, index) => {
      if (index === total - 1) expectSuccess(answer);
    },
  });
}

export function expectSuccess(answer: Uint8Array): void {
  const { responses } = decodeAnswer(Produce, VERSION, answer);
  const errorCode = responses[0]?.partitionResponses[0]?.errorCode;
  if (errorCode !== 0) throw new Error(`a produce request was refused: error ${errorCode}`);
}
