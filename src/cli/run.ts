/**
 * The command line: without a command it starts the broker, and loads nothing else; with one it loads the parser and a client. Every failure
 * ends here, as a sentence on standard error and an exit code.
 */
import type { Shell } from '../platform/shell.ts';
import { CommandFailure, ExitCode } from './exit-code.ts';

export async function run(shell: Shell): Promise<ExitCode> {
  try {
    const [first] = shell.arguments;
    if (first === '--version' || first === '-V') await printVersion(shell);
    else if (first === undefined || (first.startsWith('-') && first !== '--help' && first !== '-h'))
      await startBroker(shell);
    else await runCommand(shell);
    return ExitCode.OK;
  } catch (error) {
    return report(shell, error);
  }
}

async function startBroker(shell: Shell): Promise<void> {
  const [{ start }, { startNode }] = await Promise.all([import('./start/start.ts'), import('../node.ts')]);
  await start(shell, startNode);
}

async function runCommand(shell: Shell): Promise<void> {
  const [{ makeProgram }, { CommanderError }] = await Promise.all([import('./program.ts'), import('commander')]);
  try {
    await makeProgram(shell).parseAsync([...shell.arguments], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // The parser has printed its sentence, or the help that was asked for.
    if (error.exitCode !== 0) throw new CommandFailure(ExitCode.USAGE, '', error);
  }
}

async function printVersion(shell: Shell): Promise<void> {
  const { version } = await import('./version.ts');
  await shell.out(`${version}\n`);
}

function report(shell: Shell, error: unknown): ExitCode {
  if (!(error instanceof CommandFailure)) {
    shell.error(`ottla: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return ExitCode.FAILED;
  }
  if (error.message !== '') shell.error(`ottla: ${error.message}\n`);
  return error.exitCode;
}
