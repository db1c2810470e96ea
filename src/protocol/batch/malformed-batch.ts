/** Record data that cannot be what it says it is. `kind` tells where it broke, for the caller that answers with an error code. */

export type MalformedBatchKind =
  /** The frame: lengths, magic, checksum. */
  | 'batch'
  /** A record inside an intact batch. */
  | 'record'
  /** The compressed stream, or a codec that does not exist. */
  | 'compression'
  /** More comes out of the compressed stream than this broker is ready to hold. */
  | 'inflated-size';

export class MalformedBatch extends Error {
  override readonly name = 'MalformedBatch';
  readonly kind: MalformedBatchKind;

  constructor(kind: MalformedBatchKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
