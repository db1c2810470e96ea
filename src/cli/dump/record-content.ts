/** What a record of the broker's own topics means, by name and fields. Pure. What cannot be decoded is shown as it is, with the reason. */
import { coordinatorRecords, metadataRecords } from '../../protocol/all-messages.ts';
import { controlTypeOf, type DecodedRecord } from '../../protocol/batch/records.ts';
import { codecOf } from '../../protocol/codec.ts';
import { type Json, toJson } from '../../protocol/json.ts';
import { MalformedMessage } from '../../protocol/malformed-message.ts';
import { Reader } from '../../protocol/reader.ts';
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../../protocol/records/control/quorum-control.ts';
import { EndTxnMarker } from '../../protocol/records/control/transaction-control.ts';
import {
  type CoordinatorRecord,
  decodeKey,
  decodeValue,
  recordTypeOf,
} from '../../protocol/records/coordinator-record.ts';
import { decodeMetadataRecord, metadataRecordType } from '../../protocol/records/metadata-record.ts';
import type { Message } from '../../protocol/schema.ts';
import { decodeVersioned } from '../../protocol/versioned-message.ts';

export type RecordDecoder = (record: Pick<DecodedRecord, 'key' | 'value'>) => Readonly<Record<string, Json>>;

const isShare = ({ name }: CoordinatorRecord): boolean => name === 'ShareSnapshot' || name === 'ShareUpdate';
const isTransaction = ({ name }: CoordinatorRecord): boolean => name === 'TransactionLog';

/** By the topic that the directory is named after; undefined where records mean what their producer likes. */
export function decoderFor(topic: string): RecordDecoder | undefined {
  switch (topic) {
    case '__consumer_offsets':
      return coordinatorDecoder(coordinatorRecords.filter((record) => !isShare(record) && !isTransaction(record)));
    case '__transaction_state':
      return coordinatorDecoder(coordinatorRecords.filter(isTransaction));
    case '__share_group_state':
      return coordinatorDecoder(coordinatorRecords.filter(isShare));
    case '__cluster_metadata':
      return readable(metadataContent);
    default:
      return undefined;
  }
}

export const plainContent: RecordDecoder = ({ key, value }) => ({ key: textOf(key), value: textOf(value) });

const quorumMessages: Readonly<Record<number, Message>> = {
  2: LeaderChangeMessage,
  3: SnapshotHeaderRecord,
  4: SnapshotFooterRecord,
  5: KRaftVersionRecord,
  6: VotersRecord,
};

/** Of a record in a control batch: a transaction's marker, or one of Kafka's consensus log. */
export const controlContent: RecordDecoder = readable(({ key, value }) => {
  const type = key === null || key.byteLength < 4 ? -1 : controlTypeOf(key);
  if (type === 0 || type === 1) {
    const { coordinatorEpoch } = decodeVersioned(EndTxnMarker, value ?? new Uint8Array());
    return { control: type === 0 ? 'ABORT' : 'COMMIT', coordinatorEpoch };
  }
  const message = quorumMessages[type];
  if (message === undefined || value === null) return { control: type, value: textOf(value) };
  return { control: message.name, data: toJson(message, 0, codecOf(message, 0).read(new Reader(value))) };
});

function coordinatorDecoder(records: readonly CoordinatorRecord[]): RecordDecoder {
  return readable(({ key, value }) => {
    const type = recordTypeOf(key ?? new Uint8Array());
    const record = records.find((known) => known.type === type);
    if (record === undefined || key === null) return { type, ...plainContent({ key, value }) };
    const decodedKey = toJson(record.key, 0, decodeKey(record, key));
    if (value === null) return { type: record.name, key: decodedKey, value: null };
    const version = new Reader(value).int16();
    return {
      type: record.name,
      version,
      key: decodedKey,
      value: toJson(record.value, version, decodeValue(record, value)),
    };
  });
}

function metadataContent({ value }: Pick<DecodedRecord, 'key' | 'value'>): Readonly<Record<string, Json>> {
  if (value === null) return { value: null };
  const type = metadataRecordType(value);
  const record = metadataRecords.find((known) => known.type === type);
  if (record === undefined) return { type, value: textOf(value) };
  const reader = new Reader(value);
  reader.uvarint();
  reader.uvarint();
  const version = reader.uvarint();
  return {
    type: record.value.name,
    version,
    value: toJson(record.value, version, decodeMetadataRecord(record, value)),
  };
}

function readable(decode: RecordDecoder): RecordDecoder {
  return (record) => {
    try {
      return decode(record);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      return { undecodable: error.message, ...plainContent(record) };
    }
  };
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}
