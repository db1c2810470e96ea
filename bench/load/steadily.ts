/** Requests at a steady rate, whether or not those before are answered: the rate is kept when the broker is slow, so that its pauses are not hidden. */
import type { LoadClient } from './client.ts';

export interface SteadyLoad {
  readonly perSecond: number;
  /** Asked before each request; false ends the load. */
  readonly goesOn: (index: number) => boolean;
  readonly frame: (index: number) => Uint8Array;
  readonly onAnswer: (answer: Uint8Array, index: number) => void;
}

/** One request after the other, and more at a time when a timer came late; answers how long each took, in milliseconds. */
export async function sendSteadily(client: LoadClient, load: SteadyLoad): Promise<number[]> {
  const latencies: number[] = [];
  await client.run((done) => {
    const startedAt = performance.now();
    let sent = 0;
    let answered = 0;
    let isOver = false;
    const send = () => {
      const index = sent;
      const sentAt = performance.now();
      sent += 1;
      client.send(load.frame(index), (answer) => {
        latencies[index] = performance.now() - sentAt;
        answered += 1;
        load.onAnswer(answer, index);
        if (isOver && answered === sent) done();
      });
    };
    const timer = setInterval(() => {
      const due = ((performance.now() - startedAt) * load.perSecond) / 1000;
      while (sent < due && !isOver) {
        if (load.goesOn(sent)) send();
        else isOver = true;
      }
      if (!isOver) return;
      clearInterval(timer);
      if (answered === sent) done();
    }, 1);
  });
  return latencies;
}

/** The latency that so large a share stays below. */
export function quantile(latencies: readonly number[], share: number): number {
  const sorted = Float64Array.from(latencies).sort();
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
