/** Deletes topics and groups of a broker, as far as a test wants them gone. */
import type { OpenBroker } from '../broker/broker.ts';

export async function forgetTopics(broker: OpenBroker, isMeant: (name: string) => boolean): Promise<void> {
  const names = Array.from(broker.metadata.image.topics(), ({ name }) => name).filter(isMeant);
  if (names.length > 0) await broker.metadata.deleteTopics(names.map((name) => ({ name })));
}

/** A group with members stays, as it does for Kafka's tools. */
export async function forgetGroups(broker: OpenBroker, isMeant: (groupId: string) => boolean): Promise<void> {
  const groups = await broker.groups.listGroups();
  if (typeof groups === 'number') return;
  const ids = groups.map(({ groupId }) => groupId ?? '').filter(isMeant);
  await Promise.all(ids.map((groupId) => broker.groups.deleteGroup(groupId)));
}
