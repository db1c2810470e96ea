/**
 * DeleteGroups v0–2: groups without members go, with their offsets. A group that is named twice is answered once.
 *
 * v2 is flexible. Differs from Apache Kafka: nothing known.
 */
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts';
import { handler } from '../handler.ts';

export const deleteGroups = handler(DeleteGroups, async ({ groupsNames }, context) => {
  const deletions = Array.from(new Set(groupsNames), async (groupId) => ({
    groupId,
    errorCode: await context.broker.groups.deleteGroup(groupId),
  }));
  context.admitNext();
  return { results: await Promise.all(deletions) };
});
