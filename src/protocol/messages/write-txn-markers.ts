/**
 * The transaction coordinator has the leaders of a transaction's partitions write its commit or abort marker
 * (KIP-98).
 *
 * - v1: flexible. v2: the transaction version, which decides how epochs are checked (KIP-1228).
 */
import { api, array, bool, int8, int16, int32, int64, string } from '../schema.ts';

export const WriteTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: '1-2',
  flexible: '1+',
  request: {
    markers: array({
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: array({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      coordinatorEpoch: int32(),
      transactionVersion: int8({ versions: '2+' }),
    }),
  },

  response: {
    markers: array({
      producerId: int64(),
      topics: array({
        name: string(),
        partitions: array({ partitionIndex: int32(), errorCode: int16() }),
      }),
    }),
  },
});
