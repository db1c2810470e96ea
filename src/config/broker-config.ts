/**
 * The settings of one broker as they are now: what was given at the start (flag before environment before file before default) and, above
 * it, what was changed while running (for the cluster, for this broker). Whoever follows the metadata log feeds the dynamic part in;
 * everybody else only reads. Holds values, never meaning: what follows from a setting is decided where it is used.
 */
import { inconsistencies } from './consistency.ts';
import {
  type BrokerSettingName,
  type BrokerSettingValue,
  brokerSettingByName,
  brokerTable,
  type EffectiveSettings,
} from './registry.ts';
import { parseSetting } from './value.ts';

/** Where a setting was given at the start, the strongest first. */
const staticLayers = ['flag', 'environment', 'file'] as const;
export type StaticLayer = (typeof staticLayers)[number];
export type SettingTexts = Readonly<Record<string, string>>;
export type StaticSettings = Partial<Readonly<Record<StaticLayer, SettingTexts>>>;

/** `cluster`: the default of all brokers; `broker`: this broker alone, which wins. */
export type DynamicLayer = 'cluster' | 'broker';

export interface StaticEntry {
  readonly text: string;
  readonly layer: StaticLayer;
}

export interface SettingProblem {
  readonly name: string;
  /** `default`: another setting does not go together with this one's default. */
  readonly layer: StaticLayer | 'default';
  readonly message: string;
}

/** Some settings that were given cannot be used; `problems` has each of them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    super(problems.map((problem) => problem.message).join('\n'));
    this.problems = problems;
  }
}

export type ChangeListener = (changed: ReadonlySet<BrokerSettingName>) => void;

export class BrokerConfig implements EffectiveSettings {
  readonly #static: ReadonlyMap<string, StaticEntry>;
  readonly #dynamic: Record<DynamicLayer, ReadonlyMap<string, string>> = { cluster: new Map(), broker: new Map() };
  /** What `get` answers; always complete. */
  #values: ReadonlyMap<string, unknown>;
  readonly #listeners = new Set<ChangeListener>();

  /** Throws a `ConfigError` when the text of a known setting is not a legal value, or settings do not go together. Unknown names are kept: see `unknown`. */
  constructor(given: StaticSettings = {}) {
    this.#static = withNodeId(mergeLayers(given));
    const problems: SettingProblem[] = [];
    for (const [name, { text, layer }] of this.#static) {
      const setting = brokerSettingByName.get(name);
      const parsed = setting === undefined ? undefined : parseSetting(name, setting, text);
      if (parsed?.kind === 'refused') problems.push({ name, layer, message: parsed.message });
    }
    if (problems.length > 0) throw new ConfigError(problems);
    this.#values = this.#evaluate();
    const together = inconsistencies(this).map(({ name, message }) => ({
      name,
      message,
      layer: this.#static.get(name)?.layer ?? ('default' as const),
    }));
    if (together.length > 0) throw new ConfigError(together);
  }

  get<Name extends BrokerSettingName>(name: Name): BrokerSettingValue<Name> {
    // The value was read by the setting of this name, whose type this is.
    return this.#values.get(name) as BrokerSettingValue<Name>;
  }

  /** What was given at the start, known and unknown names. */
  get staticEntries(): ReadonlyMap<string, StaticEntry> {
    return this.#static;
  }

  /** Names given at the start that mean nothing here. */
  get unknown(): readonly { readonly name: string; readonly layer: StaticLayer }[] {
    return [...this.#static]
      .filter(([name]) => !brokerSettingByName.has(name) && !isPrefixed(name))
      .map(([name, { layer }]) => ({ name, layer }));
  }

  dynamicEntries(layer: DynamicLayer): ReadonlyMap<string, string> {
    return this.#dynamic[layer];
  }

  /**
   * Replaces one dynamic layer and tells the listeners which values moved. Cannot fail: a text that is not legal (any more) is passed
   * over, and the next layer counts. Answers the names that were passed over.
   */
  setDynamic(layer: DynamicLayer, entries: ReadonlyMap<string, string>): readonly string[] {
    this.#dynamic[layer] = new Map(entries);
    const before = this.#values;
    this.#values = this.#evaluate();
    // Both maps have the keys of the table, which are the names.
    const names = Object.keys(brokerTable) as BrokerSettingName[];
    const changed = new Set(names.filter((name) => !sameValue(before.get(name), this.#values.get(name))));
    if (changed.size > 0) for (const listener of this.#listeners) listener(changed);
    return [...entries].filter(([name, text]) => isRefused(name, text)).map(([name]) => name);
  }

  /** Calls `listener` after values moved, until the returned function is called. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #evaluate(): ReadonlyMap<string, unknown> {
    const values = new Map<string, unknown>();
    for (const [name, setting] of brokerSettingByName) {
      let value: unknown = setting.default;
      const texts = [this.#static.get(name)?.text, this.#dynamic.cluster.get(name), this.#dynamic.broker.get(name)];
      for (const text of texts) {
        const parsed = text === undefined ? undefined : parseSetting(name, setting, text);
        if (parsed?.kind === 'value') value = parsed.value;
      }
      values.set(name, value);
    }
    return values;
  }
}

function mergeLayers(given: StaticSettings): Map<string, StaticEntry> {
  const merged = new Map<string, StaticEntry>();
  for (const layer of staticLayers.toReversed()) {
    for (const [name, text] of Object.entries(given[layer] ?? {})) merged.set(name, { text, layer });
  }
  return merged;
}

/** `broker.id` is the old name of `node.id`; whichever is given stands for both. */
function withNodeId(entries: Map<string, StaticEntry>): Map<string, StaticEntry> {
  const entry = entries.get('node.id') ?? entries.get('broker.id');
  if (entry !== undefined) entries.set('node.id', entry).set('broker.id', entry);
  return entries;
}

/** Settings of one listener, of a plug-in: names that nobody can list. */
function isPrefixed(name: string): boolean {
  return ['listener.name.', 'rlmm.config.', 'rsm.config.'].some((prefix) => name.startsWith(prefix));
}

function isRefused(name: string, text: string): boolean {
  const setting = brokerSettingByName.get(name);
  return setting !== undefined && parseSetting(name, setting, text).kind === 'refused';
}

function sameValue(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return Object.is(left, right);
  return left.length === right.length && left.every((element, index) => element === right[index]);
}
