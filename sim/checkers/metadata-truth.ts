/** What the cluster's metadata has promised: a topic that was created is there until somebody asks for its deletion, one that was deleted stays gone, partitions and settings stay. */
import { violated } from '../world/world.ts';

interface KnownTopic {
  /** Undefined until somebody was told. */
  id: string | undefined;
  deletion: 'none' | 'asked' | 'done';
  partitionsPromised: number;
  partitionsAsked: number;
  readonly settings: Map<string, KnownSetting>;
  /** A record was acknowledged, and nobody deletes any. */
  hasRecord: boolean;
}

interface KnownSetting {
  /** Undefined until somebody was told. */
  readonly acknowledged: string | undefined;
  /** Asked for, and nobody was told what became of it. */
  readonly doubtful: ReadonlySet<string>;
}

export interface SeenTopic {
  readonly id: string;
  readonly partitions: number;
}

export class MetadataTruth {
  readonly #topics = new Map<string, KnownTopic>();

  /** As it is now, and stays. */
  copy(): MetadataTruth {
    const copy = new MetadataTruth();
    for (const [name, topic] of this.#topics) copy.#topics.set(name, { ...topic, settings: new Map(topic.settings) });
    return copy;
  }

  creationAsked(name: string, partitions: number): void {
    this.#topics.set(name, {
      id: undefined,
      deletion: 'none',
      partitionsPromised: 0,
      partitionsAsked: partitions,
      settings: new Map(),
      hasRecord: false,
    });
  }

  created(name: string, seen: SeenTopic): void {
    const topic = this.#of(name);
    topic.id = seen.id;
    topic.partitionsPromised = Math.max(topic.partitionsPromised, seen.partitions);
  }

  recordAcknowledged(name: string): void {
    this.#of(name).hasRecord = true;
  }

  hasRecord(name: string): boolean {
    return this.#topics.get(name)?.hasRecord ?? false;
  }

  deletionAsked(name: string): void {
    this.#of(name).deletion = 'asked';
  }

  deleted(name: string): void {
    this.#of(name).deletion = 'done';
  }

  partitionsAsked(name: string, partitions: number): void {
    this.#of(name).partitionsAsked = partitions;
  }

  settingAsked(name: string, setting: string, value: string): void {
    const { settings } = this.#of(name);
    const known = settings.get(setting);
    const doubtful = new Set(known?.doubtful).add(value);
    settings.set(setting, { acknowledged: known?.acknowledged, doubtful });
  }

  settingAcknowledged(name: string, setting: string, value: string): void {
    const { settings } = this.#of(name);
    const doubtful = new Set(settings.get(setting)?.doubtful);
    doubtful.delete(value);
    settings.set(setting, { acknowledged: value, doubtful });
  }

  get names(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** Undefined: the broker says that there is no such topic. */
  seen(name: string, topic: SeenTopic | undefined): void {
    const known = this.#of(name);
    if (topic === undefined) {
      if (known.id !== undefined && known.deletion === 'none') violated(`the topic ${name} is gone`);
      return;
    }
    if (known.deletion === 'done') violated(`the topic ${name} was deleted and is there again`);
    if (known.id !== undefined && known.id !== topic.id) violated(`the topic ${name} is another one than before`);
    if (topic.partitions < known.partitionsPromised || topic.partitions > known.partitionsAsked) {
      violated(`the topic ${name} has ${topic.partitions} partitions, promised were ${known.partitionsPromised}`);
    }
  }

  /** In a restored backup that was begun when this was true, and made when `after` was. */
  restored(name: string, topic: SeenTopic | undefined, after: MetadataTruth): void {
    const [known, last] = [this.#topics.get(name), after.#of(name)];
    if (topic === undefined) {
      if (known?.id !== undefined && last.deletion === 'none') violated(`the topic ${name} is not in the backup`);
      return;
    }
    if (known?.deletion === 'done') violated(`the topic ${name} was deleted, and is in the backup`);
    if (last.id !== undefined && last.id !== topic.id) violated(`the topic ${name} is another one in the backup`);
    const promised = known?.partitionsPromised ?? 0;
    if (topic.partitions < promised || topic.partitions > last.partitionsAsked) {
      violated(`the topic ${name} has ${topic.partitions} partitions in the backup, promised were ${promised}`);
    }
  }

  /** All that the topic has of its own. */
  settingsSeen(name: string, seen: ReadonlyMap<string, string | null>): void {
    const { settings } = this.#of(name);
    for (const [setting, { acknowledged, doubtful }] of settings) {
      const value = seen.get(setting) ?? undefined;
      const isPromised = value === acknowledged || (value !== undefined && doubtful.has(value));
      if (!isPromised) violated(`${setting} of ${name} is ${value}, promised was ${acknowledged}`);
    }
    for (const [setting, value] of seen) {
      if (!settings.has(setting)) violated(`${setting} of ${name} is ${value}, which nobody asked for`);
    }
  }

  #of(name: string): KnownTopic {
    return this.#topics.get(name) ?? violated(`nobody knows the topic ${name}`);
  }
}
