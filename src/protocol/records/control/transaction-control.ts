/**
 * transaction-control
 */
import { int16, int32, message } from '../../schema.ts';

/**
 * ControlRecordTypeSchema.
 */
export const ControlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: '0',
  flexible: 'none',
  fields: { type: int16() },
});

/**
 * EndTxnMarker.
 */
export const EndTxnMarker = message({
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  fields: { coordinatorEpoch: int32() },
});
