/**
 * Which topics a metadata log speaks of, and whether a log's directory is of one of them. Plugged into the check of a data directory, which reads the batches in no
 * order; so it keeps what was ever created and removed, and no image. Reports, and never mends.
 */
import type { TopicAudit } from '../log/local/check/topic-audit.ts';
import type { LogId } from '../log/log-engine.ts';
import { hasValidCrc } from '../protocol/batch/crc32c.ts';
import { isControl } from '../protocol/batch/header.ts';
import { recordsOf } from '../protocol/batch/records.ts';
import { MalformedMessage } from '../protocol/malformed-message.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { decodeClusterRecord, UnknownClusterRecord } from './cluster-record-codec.ts';
import { metadataLogId } from './engine-metadata-log.ts';

export class MetadataTopicAudit implements TopicAudit {
  readonly log = metadataLogId;
  readonly #names = new Map<string, string>();
  readonly #removed = new Set<string>();
  /** By name, of the topics that are not removed; made when it is first needed. */
  #ids: Map<string, string> | undefined;
  /** False: what is missing may be in a part that could not be read, which the check of that log tells. */
  #isWhole = true;

  onBatch(batch: Uint8Array): void {
    if (!hasValidCrc(batch)) this.#isWhole = false;
    else if (!isControl(batch)) for (const { value } of recordsOf(batch)) this.#take(value);
  }

  problem({ topic, topicId }: LogId): string | undefined {
    if (!this.#isWhole || topicId === metadataLogId.topicId || this.#removed.has(topicId)) return undefined;
    this.#ids ??= new Map(
      Array.from(this.#names, ([id, name]): [string, string] => [name, id]).filter(([, id]) => !this.#removed.has(id)),
    );
    const known = this.#ids.get(topic);
    if (known === topicId) return undefined;
    const consequence = 'the directory is not served but set aside, with its records';
    return known === undefined
      ? `the metadata knows no topic ${topic} with the id ${topicId}: ${consequence}`
      : `the topic id is ${topicId}, and the metadata says ${known}: ${consequence}`;
  }

  #take(value: Uint8Array | null): void {
    const record = value === null ? undefined : decoded(value);
    if (record === undefined) this.#isWhole = false;
    else if (record.kind === 'topic') this.#names.set(record.topicId, record.name);
    else if (record.kind === 'removeTopic') this.#removed.add(record.topicId);
  }
}

/** Undefined: Apache Kafka has written it, or another version. */
function decoded(value: Uint8Array): ClusterRecord | undefined {
  try {
    return decodeClusterRecord(value);
  } catch (error) {
    if (error instanceof UnknownClusterRecord || error instanceof MalformedMessage) return undefined;
    throw error;
  }
}
