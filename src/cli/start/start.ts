/**
 * `ottla` without a command: starts the broker, says so in one line on standard output, and stops it when the process is asked to end. Turns what can go wrong
 * on the way into one sentence and an exit code; everything else is the broker's business.
 */
import type { Logger } from '../../base/env.ts';
import { DataDirectoryInUse, DataDirectoryRefused, DiskFault, NetworkFault } from '../../base/faults.ts';
import type { LogLevelName } from '../../broker/log-levels.ts';
import { type BrokerConfig, ConfigError } from '../../config/broker-config.ts';
import { MetadataLogFault } from '../../metadata/metadata-log.ts';
import { type LogLevel, silentLogger, standardErrorLogger } from '../../platform/logger.ts';
import type { Shell } from '../../platform/shell.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { parseStartFlags, type StartFlags, startFlagHelp } from './flags.ts';
import { parseProperties } from './properties.ts';
import { type StartSettings, settingFailure, startSettings } from './settings.ts';
import { stopNode } from './stop.ts';

/** What the command needs of a broker that runs. */
export interface RunningNode {
  /** What it bound, first the listener that the ready line names. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  stop(): Promise<void>;
  /** How many logs a stop has before it. */
  readonly openLogs: number;
}

export interface NodeOptions {
  readonly config: BrokerConfig;
  /** Undefined: in memory. */
  readonly dataDirs: readonly string[] | undefined;
  readonly logger: Logger;
  readonly logLevel: LogLevelName;
}

export async function start(shell: Shell, startNode: (options: NodeOptions) => Promise<RunningNode>): Promise<void> {
  const flags = parseStartFlags(shell.arguments);
  if (flags.help) return shell.out(startHelp(shell.commandName));
  const { config, dataDirs, warnings, withoutEffect } = startSettings({
    flags,
    environment: shell.environment,
    file: await readConfigFile(shell, flags),
  });
  const text = shell.errorIsTerminal;
  const logger = standardErrorLogger({ level: flags.logLevel, text });
  const interruption = shell.interruption();
  let node: RunningNode;
  try {
    node = await startNode({ config, dataDirs, ...brokerLog(flags.logLevel, text) });
  } catch (error) {
    logOddities(logger, { warnings, withoutEffect });
    throw startFailure(error, dataDirs ?? []);
  }
  if (!interruption.aborted) await shell.out(readyLine(node, shell));
  shell.serving();
  // Not before: the first line loads the library that writes it.
  logOddities(logger, { warnings, withoutEffect });
  await aborted(interruption);
  await stopNode(node, shell, logger);
}

/** The broker filters its own lines, because admin tools change its level while it runs (KIP-412); what it lets pass is written. */
function brokerLog(level: LogLevel, text: boolean): Pick<NodeOptions, 'logger' | 'logLevel'> {
  if (level === 'silent') return { logger: silentLogger, logLevel: 'INFO' };
  const levelNames = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;
  return { logger: standardErrorLogger({ level: 'debug', text }), logLevel: levelNames[level] };
}

function logOddities(
  logger: Logger,
  { warnings, withoutEffect }: Pick<StartSettings, 'warnings' | 'withoutEffect'>,
): void {
  for (const warning of warnings) logger.warn({}, warning);
  if (withoutEffect.length > 0) logger.info({ settings: withoutEffect }, 'settings that have no effect in Ottla');
}

export function startHelp(commandName: string): string {
  const width = Math.max(...startFlagHelp.map(([flag]) => flag.length));
  const options = startFlagHelp.map(([flag, meaning]) => `  ${flag.padEnd(width)}  ${meaning}\n`);
  return [
    `Usage: ${commandName} [options]            start a broker\n`,
    `       ${commandName} COMMAND [options]    talk to one; ${commandName} help lists the commands\n\n`,
    'Options of the start:\n',
    ...options,
    '\nA flag wins over the environment (KAFKA_NUM_PARTITIONS=3), the environment over the file, the file over the default.\n',
    `\nExample:\n  ${commandName} --listen 0.0.0.0:9092 --data-dir /var/lib/ottla --set num.partitions=3\n`,
  ].join('');
}

function readyLine(node: RunningNode, shell: Shell): string {
  const [first] = node.addresses;
  const host = first?.host ?? '';
  const port = first?.port ?? 0;
  const shown = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const everywhere = host === '0.0.0.0' || host === '::';
  const bootstrap = everywhere ? `localhost:${port}` : shown;
  const server =
    bootstrap === 'localhost:9092' || bootstrap === '127.0.0.1:9092' ? '' : ` --bootstrap-server ${bootstrap}`;
  const elapsedMs = Math.round(shell.sinceStartMs());
  return `Ottla ready on ${shown} after ${elapsedMs} ms. Next: echo hello | ${shell.commandName} produce greetings${server}\n`;
}

async function readConfigFile(shell: Shell, flags: StartFlags): Promise<ReadonlyMap<string, string>> {
  if (flags.configFile === undefined) return new Map();
  let text: string;
  try {
    text = await shell.readText(flags.configFile);
  } catch (error) {
    throw new CommandFailure(ExitCode.USAGE, `cannot read ${flags.configFile}: ${reason(error)}`, error);
  }
  return parseProperties(text);
}

function startFailure(error: unknown, dataDirs: readonly string[]): unknown {
  if (error instanceof ConfigError) return settingFailure(error);
  if (error instanceof DataDirectoryInUse) {
    const advice = 'Stop that broker, or choose another directory with --data-dir.';
    return new CommandFailure(ExitCode.DATA_DIRECTORY, `${error.message}. ${advice}`, error);
  }
  if (error instanceof DataDirectoryRefused) return new CommandFailure(ExitCode.DATA_DIRECTORY, error.message, error);
  if (error instanceof DiskFault) {
    const sentence = `cannot use the data directory ${dataDirs.join(', ')}: ${reason(error.cause ?? error)}`;
    return new CommandFailure(ExitCode.DATA_DIRECTORY, sentence, error);
  }
  if (error instanceof MetadataLogFault) {
    const sentence = `cannot use the metadata log in ${dataDirs.join(', ')}: ${reason(error.cause ?? error)}`;
    return new CommandFailure(ExitCode.DATA_DIRECTORY, sentence, error);
  }
  if (error instanceof NetworkFault) {
    return new CommandFailure(ExitCode.ADDRESS, `${error.message}. Choose another address with --listen.`, error);
  }
  return error;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
