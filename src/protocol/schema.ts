/**
 * The language in which every message is described: one value says which fields a message has, in which order and in
 * which versions, and TypeScript infers its types. This file owns the words and the types; it never reads or writes a
 * byte (`codec.ts` does).
 *
 * A field exists in all versions of its message unless `versions` says otherwise. Decoded values have every field of
 * every version: one that the version at hand lacks has its default. Values given to an encoder may leave out any
 * field, which then takes its default; fields that the version lacks are not written.
 */

/** `'3'`, `'3-7'`, `'3+'`, or `'none'`: both ends included. */
export type Versions = `${number}` | `${number}-${number}` | `${number}+` | 'none';

export interface VersionRange {
  readonly min: number;
  /** Infinity where the text says `+`. */
  readonly max: number;
}

export type PrimitiveType =
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
  | 'bytes'
  | 'records';

/** What the codec knows of a field. */
export interface FieldSpec {
  readonly type: PrimitiveType | 'array' | 'struct';
  /** The element of an array. */
  readonly element: Field | undefined;
  /** The fields of a struct. */
  readonly shape: Shape | undefined;
  readonly versions: Versions | undefined;
  /** Undefined: never null. */
  readonly nullable: Versions | undefined;
  /** Tagged fields are written only when they differ from their default, and old readers skip them (KIP-482). */
  readonly tag: number | undefined;
  /** Undefined: the type's own (0, false, empty, a struct of defaults). */
  readonly default: unknown;
}

declare const decodedType: unique symbol;
declare const inputType: unique symbol;

/** A field that decodes to `Decoded` and is encoded from `Input`. The two symbols exist only for the type checker. */
export interface Field<out Decoded = unknown, out Input = unknown> extends FieldSpec {
  readonly [decodedType]: Decoded;
  readonly [inputType]: Input;
}

/** Fields by name, in the order of the wire. */
export interface Shape {
  readonly [name: string]: Field;
}

/** What a shape decodes to. */
export type Decoded<S extends Shape> = { readonly [Name in keyof S]: S[Name][typeof decodedType] };

/** What a shape is encoded from. */
export type Input<S extends Shape> = { readonly [Name in keyof S]?: S[Name][typeof inputType] | undefined };

/** A message of its own: a request, a response, a persisted record. */
export interface Message<S extends Shape = Shape> {
  readonly name: string;
  readonly versions: VersionRange;
  /** From this version on lengths are varints and structs end with tagged fields (KIP-482). Infinity: never. */
  readonly flexibleFrom: number;
  readonly shape: S;
}

export interface Api<Request extends Shape = Shape, Response extends Shape = Shape> {
  readonly key: number;
  readonly name: string;
  /** The stable versions. */
  readonly versions: VersionRange;
  /** One more version that the schema describes, which Kafka has not declared stable. */
  readonly unstableVersion: number | undefined;
  readonly flexibleFrom: number;
  readonly request: Message<Request>;
  readonly response: Message<Response>;
}

/** A request as a handler gets it: every field is there. */
export type RequestOf<A extends Api> = Decoded<A['request']['shape']>;
/** A response as a handler makes it: fields at their default may be left out. */
export type ResponseOf<A extends Api> = Input<A['response']['shape']>;
/** A request as a client makes it. */
export type RequestInputOf<A extends Api> = Input<A['request']['shape']>;
/** A response as a client gets it. */
export type DecodedResponseOf<A extends Api> = Decoded<A['response']['shape']>;
/** A persisted or embedded message as it is read. */
export type DataOf<M extends Message> = Decoded<M['shape']>;
/** A persisted or embedded message as it is made. */
export type DataInputOf<M extends Message> = Input<M['shape']>;

export function api<const Request extends Shape, const Response extends Shape>(description: {
  key: number;
  name: string;
  versions: Versions;
  unstableVersion?: number;
  flexible: Versions;
  request: Request;
  response: Response;
}): Api<Request, Response> {
  const { key, name, request, response } = description;
  const versions = versionRange(description.versions);
  const described = { min: versions.min, max: description.unstableVersion ?? versions.max };
  const flexibleFrom = versionRange(description.flexible).min;
  return {
    key,
    name,
    versions,
    unstableVersion: description.unstableVersion,
    flexibleFrom,
    request: { name: `${name}Request`, versions: described, flexibleFrom, shape: request },
    response: { name: `${name}Response`, versions: described, flexibleFrom, shape: response },
  };
}

/** A message that belongs to no API. */
export function message<const S extends Shape>(description: {
  name: string;
  versions: Versions;
  flexible: Versions;
  fields: S;
}): Message<S> {
  return {
    name: description.name,
    versions: versionRange(description.versions),
    flexibleFrom: versionRange(description.flexible).min,
    shape: description.fields,
  };
}

interface Options<T> {
  versions?: Versions;
  default?: T;
  tag?: number;
  nullable?: never;
}

interface NullableOptions<T> {
  versions?: Versions;
  default?: T | null;
  tag?: number;
  /** The versions in which null may be written; `true`: wherever the field exists. */
  nullable: Versions | true;
}

export const bool = (options?: Options<boolean>): Field<boolean, boolean> => primitive('bool', options);
export const int8 = (options?: Options<number>): Field<number, number> => primitive('int8', options);
export const int16 = (options?: Options<number>): Field<number, number> => primitive('int16', options);
export const uint16 = (options?: Options<number>): Field<number, number> => primitive('uint16', options);
export const int32 = (options?: Options<number>): Field<number, number> => primitive('int32', options);
/** A number within ±(2^53 − 1): what lies beyond is read as the nearest of the two. */
export const int64 = (options?: Options<number>): Field<number, number> => primitive('int64', options);
/** Eight bytes that are an identity, such as a hash, and must not be saturated: a signed bigint. */
export const bits64 = (options?: Options<bigint>): Field<bigint, bigint> => primitive('bits64', options);
export const float64 = (options?: Options<number>): Field<number, number> => primitive('float64', options);
/** Kafka's 22 characters: base64 with the URL alphabet, without padding. */
export const uuid = (options?: Options<string>): Field<string, string> => primitive('uuid', options);

export function string(options?: Options<string>): Field<string, string>;
export function string(options: NullableOptions<string>): Field<string | null, string | null>;
export function string(options?: Options<string> | NullableOptions<string>): Field {
  return primitive('string', options);
}

/** Decoded as a view of the frame. */
export function bytes(options?: Options<Uint8Array>): Field<Uint8Array, Uint8Array>;
export function bytes(options: NullableOptions<Uint8Array>): Field<Uint8Array | null, Uint8Array | null>;
export function bytes(options?: Options<Uint8Array> | NullableOptions<Uint8Array>): Field {
  return primitive('bytes', options);
}

type RecordsInput = Uint8Array | readonly Uint8Array[];

/**
 * Record batches: decoded as a view of the frame; encoded from one buffer or several, which are referenced rather than
 * copied.
 */
export function records(options?: Options<Uint8Array>): Field<Uint8Array, RecordsInput>;
export function records(options: NullableOptions<Uint8Array>): Field<Uint8Array | null, RecordsInput | null>;
export function records(options?: Options<Uint8Array> | NullableOptions<Uint8Array>): Field {
  return primitive('records', options);
}

/** `element` is a field without options, or the shape of a struct. */
export function array<D, I>(element: Field<D, I>, options?: Options<readonly D[]>): Field<readonly D[], readonly I[]>;
export function array<D, I>(
  element: Field<D, I>,
  options: NullableOptions<readonly D[]>,
): Field<readonly D[] | null, readonly I[] | null>;
export function array<const S extends Shape>(
  element: S,
  options?: Options<readonly []>,
): Field<readonly Decoded<S>[], readonly Input<S>[]>;
export function array<const S extends Shape>(
  element: S,
  options: NullableOptions<readonly []>,
): Field<readonly Decoded<S>[] | null, readonly Input<S>[] | null>;
export function array(element: Field | Shape, options?: Options<unknown> | NullableOptions<unknown>): Field {
  return field('array', options, { element: isField(element) ? element : struct(element) });
}

export function struct<const S extends Shape>(shape: S, options?: Options<never>): Field<Decoded<S>, Input<S>>;
export function struct<const S extends Shape>(
  shape: S,
  options: NullableOptions<never>,
): Field<Decoded<S> | null, Input<S> | null>;
export function struct(shape: Shape, options?: Options<unknown> | NullableOptions<unknown>): Field {
  return field('struct', options, { shape });
}

/** Reads the text of a range. */
export function versionRange(text: Versions): VersionRange {
  if (text === 'none') return { min: Infinity, max: Infinity };
  if (text.endsWith('+')) return { min: Number(text.slice(0, -1)), max: Infinity };
  const [min, max] = text.split('-');
  return { min: Number(min), max: Number(max ?? min) };
}

export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max;
}

function primitive<D, I>(type: PrimitiveType, options: Options<D> | NullableOptions<D> | undefined): Field<D, I> {
  return field(type, options, {});
}

function field<D, I>(
  type: FieldSpec['type'],
  options: Options<unknown> | NullableOptions<unknown> | undefined,
  inner: { element?: Field; shape?: Shape },
): Field<D, I> {
  const spec: FieldSpec = {
    type,
    element: inner.element,
    shape: inner.shape,
    versions: options?.versions,
    nullable: options?.nullable === true ? '0+' : options?.nullable,
    tag: options?.tag,
    default: options?.default,
  };
  // The two symbols are never read: they carry the types that the callers above state.
  return spec as Field<D, I>;
}

/** A shape has only fields as values, so a string under `type` tells the two apart. */
function isField(element: Field | Shape): element is Field {
  return typeof element['type'] === 'string';
}
