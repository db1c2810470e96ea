/**
 * Bytes of a peer that cannot be what the schema says. The connection that sent them is answered where the protocol
 * can, and closed.
 */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
  /** Where in the frame, counted from its first byte. */
  readonly position: number;

  /** `reason` is a literal. */
  constructor(reason: string, position: number) {
    super(reason);
    this.position = position;
  }
}
