/** Tells the group coordinator which changes of the metadata concern it: leaders of its partitions, and topics that are gone. */
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { MetadataChange } from '../metadata/metadata-image.ts';
import { CONSUMER_OFFSETS } from '../metadata/topic-name.ts';

export function followGroups(groups: GroupCoordinator, changes: readonly MetadataChange[]): void {
  const deleted = [];
  for (const change of changes) {
    if (change.kind === 'topic-deleted') {
      deleted.push(change.topic);
      if (change.topic.name === CONSUMER_OFFSETS) {
        for (const { index } of change.topic.partitions) groups.unload(index);
      }
    }
    // Another leader, or the same in a new epoch: either way the state has to come from the log again.
    if (change.kind === 'partition-changed' && change.topic.name === CONSUMER_OFFSETS) {
      groups.unload(change.partition.index);
    }
  }
  if (deleted.length > 0) groups.onTopicsDeleted(deleted);
}
