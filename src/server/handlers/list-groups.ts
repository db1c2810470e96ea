/**
 * ListGroups v0–5: the groups that this broker coordinates.
 *
 * v3 is flexible, v4 filters by state (KIP-518), v5 by type (KIP-848). Both ignore case; a word that names none matches none. Differs from Apache Kafka: nothing
 * known.
 */
import { ListGroups } from '../../protocol/messages/list-groups.ts';
import { handler } from '../handler.ts';

export const listGroups = handler(ListGroups, async ({ statesFilter, typesFilter }, { broker }) => {
  const groups = await broker.groups.listGroups();
  if (typeof groups === 'number') return { errorCode: groups };
  const matchesState = filterOf(statesFilter);
  const matchesType = filterOf(typesFilter);
  return {
    groups: groups.filter(({ groupState = '', groupType = '' }) => matchesState(groupState) && matchesType(groupType)),
  };
});

/** An empty filter matches everything. */
function filterOf(words: readonly string[]): (value: string) => boolean {
  const wanted = new Set(words.map((word) => word.toLowerCase()));
  return (value) => wanted.size === 0 || wanted.has(value.toLowerCase());
}
