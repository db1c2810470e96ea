/** What can go wrong with the files of a data directory or a backup, as a sentence and an exit code. */
import { DataDirectoryRefused, DiskFault } from '../base/faults.ts';
import { BrokerGone, NoCutAnswer } from '../log/local/backup/cut-request.ts';
import { CommandFailure, ExitCode } from './exit-code.ts';

/** What is not foreseen comes back as it is. */
export function dataFailure(error: unknown): unknown {
  if (error instanceof NoCutAnswer || error instanceof BrokerGone)
    return new CommandFailure(ExitCode.UNREACHABLE, error.message, error);
  if (error instanceof DataDirectoryRefused) return new CommandFailure(ExitCode.DATA_DIRECTORY, error.message, error);
  if (!(error instanceof DiskFault)) return error;
  return new CommandFailure(ExitCode.DATA_DIRECTORY, `${error.operation} ${error.path}: ${error.kind}`, error);
}
