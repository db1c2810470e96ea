/**
 * A consumer that empties the batches of aborted transactions (KIP-98), before its library leaves out what it takes for them: that takes the last abort marker of
 * a producer for the end of its last aborted transaction, and loses what was committed in between where a transaction was aborted that had written nothing to the
 * partition. Emptied batches stay, so that whoever reads gets behind them.
 */
import { type API, type Callback, Consumer, kGetApi } from '@platformatic/kafka';

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type FetchResponsePartition = FetchResponse['responses'][number]['partitions'][number];
type Done = (error: unknown, response: FetchResponse | undefined) => void;

const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;

export class CommittedConsumer extends Consumer {
  override [kGetApi]<Request extends unknown[], Response>(
    name: string,
    callback: Callback<API<Request, Response>>,
  ): void {
    super[kGetApi]<Request, Response>(name, (error, api) => {
      callback(error, name === 'Fetch' && api !== undefined ? withoutAborted(api) : api);
    });
  }
}

function withoutAborted<Fetch extends object>(api: Fetch): Fetch {
  return new Proxy(api, {
    apply(target, self, parameters: unknown[]) {
      // What an API is called with last is who gets the answer.
      const done = parameters.at(-1) as Done;
      const onAnswer: Done = (error, response) => {
        for (const { partitions } of response?.responses ?? [])
          for (const partition of partitions) emptyAborted(partition);
        done(error, response);
      };
      return Reflect.apply(target as () => unknown, self, [...parameters.slice(0, -1), onAnswer]);
    },
  });
}

/** An aborted transaction is listed with the offset that it begins at, and ends with the next marker of its producer. */
export function emptyAborted(partition: Pick<FetchResponsePartition, 'abortedTransactions' | 'records'>): void {
  const aborted = (partition.abortedTransactions ?? []).toSorted((left, right) =>
    Number(left.firstOffset - right.firstOffset),
  );
  const open = new Set<bigint>();
  for (const batch of partition.records ?? []) {
    while (aborted[0] !== undefined && aborted[0].firstOffset <= batch.firstOffset + BigInt(batch.lastOffsetDelta)) {
      open.add(aborted[0].producerId);
      aborted.shift();
    }
    if ((batch.attributes & CONTROL_BIT) !== 0) open.delete(batch.producerId);
    else if ((batch.attributes & TRANSACTIONAL_BIT) !== 0 && open.has(batch.producerId)) batch.records = [];
  }
  partition.abortedTransactions = [];
}
