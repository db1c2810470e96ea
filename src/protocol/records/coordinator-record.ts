/**
 * The records of coordinators (`__consumer_offsets`, `__transaction_state`, `__share_group_state`): a key, whose first two bytes are the
 * record's type, and a value, whose first two bytes are the version of its layout.
 */
import { type Message, message, type Shape, type Versions } from '../schema.ts';

export interface CoordinatorRecord<Key extends Shape = Shape, Value extends Shape = Shape> {
  readonly type: number;
  readonly name: string;
  /** Keys have one version, 0: two layouts of one key would be two different keys. */
  readonly key: Message<Key>;
  readonly value: Message<Value>;
}

export function coordinatorRecord<const Key extends Shape, const Value extends Shape>(description: {
  type: number;
  name: string;
  key: Key;
  value: { versions: Versions; flexible: Versions; fields: Value };
}): CoordinatorRecord<Key, Value> {
  const { type, name } = description;
  return {
    type,
    name,
    key: message({ name: `${name}Key`, versions: '0', flexible: 'none', fields: description.key }),
    value: message({ name: `${name}Value`, ...description.value }),
  };
}
