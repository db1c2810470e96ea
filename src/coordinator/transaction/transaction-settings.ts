/** The settings that the transaction coordinator follows, as they are now. */
import type { BrokerConfig } from '../../config/broker-config.ts';

export interface TransactionSettings {
  /** The longest time that a producer may ask for. */
  readonly maxTimeoutMs: number;
  /** How often transactions that take too long are looked for. */
  readonly abortIntervalMs: number;
  /** An id that was silent for this long, without an open transaction, is forgotten. */
  readonly idExpirationMs: number;
  readonly idExpirationIntervalMs: number;
}

export function transactionSettings(config: BrokerConfig): TransactionSettings {
  return {
    get maxTimeoutMs() {
      return config.get('transaction.max.timeout.ms');
    },
    get abortIntervalMs() {
      return config.get('transaction.abort.timed.out.transaction.cleanup.interval.ms');
    },
    get idExpirationMs() {
      return config.get('transactional.id.expiration.ms');
    },
    get idExpirationIntervalMs() {
      return config.get('transaction.remove.expired.transaction.cleanup.interval.ms');
    },
  };
}
