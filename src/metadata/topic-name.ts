/** Which names a topic may have, and which are Kafka's own. */

const NAME_CHARACTERS_MAX = 249;
const LEGAL_CHARACTERS = /^[a-zA-Z0-9._-]+$/;

export const CONSUMER_OFFSETS = '__consumer_offsets';
export const TRANSACTION_STATE = '__transaction_state';
export const SHARE_GROUP_STATE = '__share_group_state';

const internalTopics: ReadonlySet<string> = new Set([CONSUMER_OFFSETS, TRANSACTION_STATE, SHARE_GROUP_STATE]);

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name);
}

/** What is wrong with `name`, in Kafka's words; undefined when nothing is. */
export function topicNameProblem(name: string): string | undefined {
  const problem = 'Topic name is invalid: ';
  if (name === '') return `${problem}the empty string is not allowed`;
  if (name === '.' || name === '..') return `${problem}'${name}' is not allowed`;
  if (name.length > NAME_CHARACTERS_MAX) {
    return `${problem}the length of '${name}' is longer than the max allowed length ${NAME_CHARACTERS_MAX}`;
  }
  if (!LEGAL_CHARACTERS.test(name)) {
    return `${problem}'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return undefined;
}

/** Equal for names that differ only in `.` and `_`. */
export function withoutCollisionCharacters(name: string): string {
  return name.replaceAll('.', '_');
}

export function hasCollisionCharacters(name: string): boolean {
  return name.includes('.') || name.includes('_');
}
