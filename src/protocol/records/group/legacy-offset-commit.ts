/** The oldest form of a committed offset. No longer written, still read. */
import { int32, int64, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const LegacyOffsetCommit = coordinatorRecord({
  type: 0,
  name: 'LegacyOffsetCommit',
  key: { group: string(), topic: string(), partition: int32() },
  value: { versions: '0', flexible: 'none', fields: { offset: int64(), metadata: string(), commitTimestamp: int64() } },
});
