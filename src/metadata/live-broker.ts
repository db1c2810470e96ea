/** A broker of the image, and how often it has started. */
import type { BrokerEndPoint, RegisterBroker } from './cluster-record.ts';
import type { BrokerRegistration } from './metadata-image.ts';

export class LiveBroker implements BrokerRegistration {
  readonly id: number;
  #incarnationId = '';
  #epoch = -1;
  #endPoints: readonly BrokerEndPoint[] = [];
  #rack: string | null = null;
  #starts = 0;

  constructor(id: number) {
    this.id = id;
  }

  get incarnationId(): string {
    return this.#incarnationId;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get endPoints(): readonly BrokerEndPoint[] {
    return this.#endPoints;
  }

  get rack(): string | null {
    return this.#rack;
  }

  /** Each incarnation is one start; a repeated registration of the same one only brings new addresses. */
  get starts(): number {
    return this.#starts;
  }

  register(record: RegisterBroker): void {
    if (record.incarnationId !== this.#incarnationId) this.#starts += 1;
    this.#incarnationId = record.incarnationId;
    this.#epoch = record.brokerEpoch;
    this.#endPoints = record.endPoints;
    this.#rack = record.rack;
  }
}
