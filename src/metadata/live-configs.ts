/** The settings that were changed while the cluster ran, by resource, as text. Owns no meaning: `config/` reads the texts. */
import type { ConfigChanged } from './cluster-record.ts';

type Settings = Map<string, string>;

const none: ReadonlyMap<string, string> = new Map();

export class LiveConfigs {
  readonly #byType = new Map<number, Map<string, Settings>>();
  #count = 0;

  /** Settings of all resources together. */
  get count(): number {
    return this.#count;
  }

  of(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#byType.get(resourceType)?.get(resourceName) ?? none;
  }

  resources(resourceType: number): IterableIterator<string> {
    return (this.#byType.get(resourceType) ?? new Map<string, Settings>()).keys();
  }

  change({ resourceType, resourceName, name, value }: ConfigChanged): void {
    const settings = this.#settingsOf(resourceType, resourceName);
    this.#count -= settings.size;
    if (value === null) settings.delete(name);
    else settings.set(name, value);
    this.#count += settings.size;
    if (settings.size === 0) this.#byType.get(resourceType)?.delete(resourceName);
  }

  forget(resourceType: number, resourceName: string): void {
    this.#count -= this.of(resourceType, resourceName).size;
    this.#byType.get(resourceType)?.delete(resourceName);
  }

  #settingsOf(resourceType: number, resourceName: string): Settings {
    const ofType = this.#byType.get(resourceType) ?? new Map<string, Settings>();
    this.#byType.set(resourceType, ofType);
    const settings = ofType.get(resourceName) ?? new Map<string, string>();
    ofType.set(resourceName, settings);
    return settings;
  }
}
