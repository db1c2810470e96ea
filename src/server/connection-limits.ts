/**
 * How many connections there may be, over all and from one address. Owns the counts. A connection that is one too many is closed before
 * anything is read from it; Apache Kafka keeps it waiting when `max.connections` is reached, which helps no client.
 */
import type { BrokerConfig } from '../config/broker-config.ts';

export class ConnectionLimits {
  readonly #config: BrokerConfig;
  readonly #countByAddress = new Map<string, number>();
  #count = 0;

  constructor(config: BrokerConfig) {
    this.#config = config;
  }

  /** Counts one more connection from `address`, or answers the name of the setting that does not allow it. */
  admit(address: string): 'max.connections' | 'max.connections.per.ip' | undefined {
    const fromAddress = this.#countByAddress.get(address) ?? 0;
    if (this.#count >= this.#config.get('max.connections')) return 'max.connections';
    if (fromAddress >= this.#perAddressMax(address)) return 'max.connections.per.ip';
    this.#count += 1;
    this.#countByAddress.set(address, fromAddress + 1);
    return undefined;
  }

  /** A connection that was admitted is gone. */
  release(address: string): void {
    this.#count -= 1;
    const left = (this.#countByAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#countByAddress.set(address, left);
    else this.#countByAddress.delete(address);
  }

  #perAddressMax(address: string): number {
    const overrides = this.#config.get('max.connections.per.ip.overrides');
    const override = overrides === '' ? undefined : overrideFor(overrides, address);
    return override ?? this.#config.get('max.connections.per.ip');
  }
}

/** `overrides` is `ADDRESS:COUNT,...`; an IPv6 address may have brackets. */
function overrideFor(overrides: string, address: string): number | undefined {
  for (const entry of overrides.split(',')) {
    const colon = entry.lastIndexOf(':');
    const name = entry
      .slice(0, colon)
      .trim()
      .replace(/^\[|\]$/g, '');
    if (colon > 0 && name === address) return Number(entry.slice(colon + 1));
  }
  return undefined;
}
