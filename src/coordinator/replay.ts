/** Rebuilds a coordinator's state from its log: every record in order, and the ends of transactions where they happened. */

import { requireValidCrc } from '../protocol/batch/crc32c.ts';
import { hasProducerId, isControl, isTransactional, NO_PRODUCER_ID, producerId } from '../protocol/batch/header.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { ControlType, controlTypeOf, recordsOf } from '../protocol/batch/records.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type { RecordCodec, StateMachine } from './state-machine.ts';

export interface ReplayCounts {
  readonly applied: number;
  /** Records of kinds that this version does not know. */
  readonly skipped: number;
}

/** Throws when the log cannot be read, or has a batch that is damaged or a record that cannot be decoded. */
export async function replay<R>(
  log: CoordinatorLog,
  codec: RecordCodec<R>,
  state: StateMachine<R>,
): Promise<ReplayCounts> {
  let applied = 0;
  let skipped = 0;
  await log.replay((bytes) => {
    for (const batch of batches(bytes)) {
      requireValidCrc(batch);
      if (isControl(batch)) {
        applyControlBatch(batch, state);
        continue;
      }
      const writer = isTransactional(batch) && hasProducerId(batch) ? producerId(batch) : NO_PRODUCER_ID;
      for (const { offset, key, value } of recordsOf(batch)) {
        const record = key === null ? undefined : codec.decode(key, value);
        if (record === undefined) skipped += 1;
        else {
          state.apply(record, { offset, producerId: writer });
          applied += 1;
        }
      }
    }
  });
  return { applied, skipped };
}

function applyControlBatch<R>(batch: Uint8Array, state: StateMachine<R>): void {
  for (const { key } of recordsOf(batch)) {
    const type = key === null ? undefined : controlTypeOf(key);
    if (type === ControlType.COMMIT) state.applyTransactionEnd(producerId(batch), 'committed');
    if (type === ControlType.ABORT) state.applyTransactionEnd(producerId(batch), 'aborted');
  }
}
