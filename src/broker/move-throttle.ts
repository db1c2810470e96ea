/**
 * Lets copies of logs that are moved between data directories through at `replica.alter.log.dirs.io.max.bytes.per.second`, all of them together. A rate that is
 * changed counts within a second, however long a copy would have had to wait.
 */
import type { Env } from '../base/env.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { brokerQuotaTable } from '../config/quota.ts';
import { parseSetting } from '../config/value.ts';
import { ByteThrottle } from './byte-throttle.ts';

const NAME = 'replica.alter.log.dirs.io.max.bytes.per.second';

export class MoveThrottle {
  readonly #config: BrokerConfig;
  readonly #throttle: ByteThrottle;

  constructor({ env: { clock, timers }, config }: { env: Env; config: BrokerConfig }) {
    this.#config = config;
    this.#throttle = new ByteThrottle({ clock, timers, bytesPerSecond: () => this.#bytesPerSecond });
  }

  /** Resolves when the bytes may pass, or at the signal. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    for (let left = bytes; left > 0 && !signal.aborted; ) {
      const piece = Math.min(left, this.#bytesPerSecond);
      await this.#throttle.take(piece, signal);
      left -= piece;
    }
  }

  /** The setting has no value from the start. With 0, a copy goes on a byte at a time. */
  get #bytesPerSecond(): number {
    const text = this.#config.dynamicEntries('broker').get(NAME) ?? this.#config.dynamicEntries('cluster').get(NAME);
    const parsed = text === undefined ? undefined : parseSetting(NAME, brokerQuotaTable[NAME], text);
    return Math.max(1, parsed?.kind === 'value' ? parsed.value : brokerQuotaTable[NAME].default);
  }
}
