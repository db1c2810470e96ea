/** What the process answers to its caller. Scripts rely on the numbers; a new kind of failure gets a new one. */

export const ExitCode = {
  OK: 0,
  /** The broker said no, or something went wrong that has no number of its own. */
  FAILED: 1,
  /** The command line, a file or a setting is wrong; nothing was done. */
  USAGE: 2,
  /** The data directory is in use by another broker, or cannot be written; a backup or its target cannot be used. */
  DATA_DIRECTORY: 3,
  /** The address is in use or not ours. */
  ADDRESS: 4,
  /** No broker answered. */
  UNREACHABLE: 5,
  /** A check of files, or of what a restore has made, has found damage; the output says which. */
  DAMAGED: 6,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure that was foreseen: one sentence for the person, a number for the script, no stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}
