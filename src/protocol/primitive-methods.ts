/** Which method of `Reader` and of `Writer` stands for a primitive: the one table from which both codecs are built. */
import type { ArrayLayout, PrimitiveLayout } from './layout.ts';

export type ReadMethod =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'bits64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'nullableString'
  | 'compactString'
  | 'compactNullableString'
  | 'bytes'
  | 'nullableBytes'
  | 'compactBytes'
  | 'compactNullableBytes';

export type CountMethod = 'arrayCount' | 'nullableArrayCount' | 'compactArrayCount' | 'compactNullableArrayCount';

export type WriteMethod =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bits64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'compactString'
  | 'bytes'
  | 'compactBytes'
  | 'records'
  | 'compactRecords';

export function readMethod({ kind, nullable, flexible }: PrimitiveLayout): ReadMethod {
  switch (kind) {
    case 'string':
      if (flexible) return nullable ? 'compactNullableString' : 'compactString';
      return nullable ? 'nullableString' : 'string';
    case 'bytes':
    case 'records':
      if (flexible) return nullable ? 'compactNullableBytes' : 'compactBytes';
      return nullable ? 'nullableBytes' : 'bytes';
    default:
      return kind;
  }
}

export function countMethod({ nullable, flexible }: ArrayLayout): CountMethod {
  if (flexible) return nullable ? 'compactNullableArrayCount' : 'compactArrayCount';
  return nullable ? 'nullableArrayCount' : 'arrayCount';
}

/** Writers take null wherever there is an encoding of it; whether it is allowed is the codec's to check. */
export function writeMethod({ kind, flexible }: PrimitiveLayout): WriteMethod {
  switch (kind) {
    case 'string':
      return flexible ? 'compactString' : 'string';
    case 'bytes':
      return flexible ? 'compactBytes' : 'bytes';
    case 'records':
      return flexible ? 'compactRecords' : 'records';
    case 'uint16':
      return 'int16';
    default:
      return kind;
  }
}
