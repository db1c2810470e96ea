/** The control records that end a transaction in the log of a partition. */
import { int16, int32, message } from '../../schema.ts';

/** The key of a control record: 0 abort, 1 commit, 2 and more the quorum's (KIP-98). */
export const ControlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: '0',
  flexible: 'none',
  fields: { type: int16() },
});

/** The value of a commit or abort marker (KIP-98). */
export const EndTxnMarker = message({
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  fields: { coordinatorEpoch: int32() },
});
