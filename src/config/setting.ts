/**
 * What a setting is: its type, default, bounds, scope and effect, and the words in which the tables of this folder are written
 * (`int(50, { min: 1, effect: '…' })`). Knows no names and no values; the tables have the names, `broker-config.ts` the values.
 */
import { type Check, listWithout, oneOf, range, someOf } from './check.ts';

export type SettingType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password';
export type Importance = 'high' | 'medium' | 'low';
/** Where a broker setting may be changed while the broker runs: nowhere, for one broker, or for the whole cluster as well. */
export type DynamicScope = 'read-only' | 'per-broker' | 'cluster-wide';

/** `Value` is what a reader gets; it includes undefined when the setting has no default. */
export interface Setting<Value = unknown> {
  readonly type: SettingType;
  readonly default: Value;
  readonly importance: Importance;
  /** Beyond the type: bounds, choices. */
  readonly check: Check | undefined;
  /** Kept out of descriptions unless somebody set it. */
  readonly internal: boolean;
  readonly dynamic: DynamicScope;
  /** What the setting does in Ottla. Undefined: it is accepted so that existing files and tools work, and does nothing. */
  readonly effect: string | undefined;
  /** Apache Kafka's default as text, where Ottla's is another one (an empty text: it has none). */
  readonly kafkaDefault: string | undefined;
}

export type ValueOf<S> = S extends Setting<infer Value> ? Value : never;
export type SettingTable = Readonly<Record<string, Setting>>;

export interface SettingOptions {
  readonly importance?: Importance;
  readonly check?: Check;
  readonly internal?: boolean;
  readonly dynamic?: DynamicScope;
  readonly effect?: string;
  readonly kafkaDefault?: string;
}

interface NumberOptions extends SettingOptions {
  readonly min?: number;
  readonly max?: number;
}

interface ChoiceOptions<Choice extends string> extends SettingOptions {
  readonly oneOf?: readonly Choice[];
}

interface ListOptions<Choice extends string> extends SettingOptions {
  readonly someOf?: readonly Choice[];
  /** The list may not be empty. */
  readonly filled?: boolean;
}

/** The largest int64 of the outside world: numbers beyond ±(2^53−1) are saturated (see `value.ts`). */
export const longMax = Number.MAX_SAFE_INTEGER;
export const intMax = 2 ** 31 - 1;

function setting<Value>(type: SettingType, value: Value, options: SettingOptions): Setting<Value> {
  return {
    type,
    default: value,
    importance: options.importance ?? 'medium',
    check: options.check,
    internal: options.internal ?? false,
    dynamic: options.dynamic ?? 'read-only',
    effect: options.effect,
    kafkaDefault: options.kafkaDefault,
  };
}

function number<Value>(type: SettingType, value: Value, options: NumberOptions): Setting<Value> {
  const bounded = options.min !== undefined || options.max !== undefined;
  return setting(type, value, bounded ? { ...options, check: range(options.min, options.max) } : options);
}

export function int(value: number, options?: NumberOptions): Setting<number>;
export function int(value: undefined, options?: NumberOptions): Setting<number | undefined>;
export function int(value: number | undefined, options: NumberOptions = {}): Setting<number | undefined> {
  return number('int', value, options);
}

export function short(value: number, options: NumberOptions = {}): Setting<number> {
  return number('short', value, options);
}

export function long(value: number, options?: NumberOptions): Setting<number>;
export function long(value: undefined, options?: NumberOptions): Setting<number | undefined>;
export function long(value: number | undefined, options: NumberOptions = {}): Setting<number | undefined> {
  return number('long', value, options);
}

export function double(value: number, options: NumberOptions = {}): Setting<number> {
  return number('double', value, options);
}

export function boolean(value: boolean, options: SettingOptions = {}): Setting<boolean> {
  return setting('boolean', value, options);
}

/** With `oneOf`, readers get the union of the choices. */
export function string<const Choice extends string = string>(
  value: NoInfer<Choice>,
  options?: ChoiceOptions<Choice>,
): Setting<Choice>;
export function string(value: undefined, options?: SettingOptions): Setting<string | undefined>;
export function string(value: string | undefined, options: ChoiceOptions<string> = {}): Setting<string | undefined> {
  return setting('string', value, options.oneOf === undefined ? options : { ...options, check: oneOf(options.oneOf) });
}

/** No element is empty, and one that is named twice counts once, as in Apache Kafka. With `someOf`, readers get the union of the choices. */
export function list<const Choice extends string = string>(
  value: readonly NoInfer<Choice>[],
  options?: ListOptions<Choice>,
): Setting<readonly Choice[]>;
export function list(value: undefined, options?: ListOptions<string>): Setting<readonly string[] | undefined>;
export function list(
  value: readonly string[] | undefined,
  options: ListOptions<string> = {},
): Setting<readonly string[] | undefined> {
  const filled = options.filled ?? false;
  const usual =
    options.someOf === undefined ? listWithout({ empty: filled }) : someOf(options.someOf, { empty: filled });
  return setting('list', value, { ...options, check: options.check ?? usual });
}

/** The name of a Java class. Any name is accepted, since there is nothing to load. */
export function javaClass(value: string | undefined, options: SettingOptions = {}): Setting<string | undefined> {
  return setting('class', value, options);
}

/** Never shown, never logged. */
export function password(options: SettingOptions = {}): Setting<string | undefined> {
  return setting<string | undefined>('password', undefined, options);
}
