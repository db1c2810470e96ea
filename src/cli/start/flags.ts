/**
 * The options of `ottla` without a command, which starts the broker. Read with Node's own parser, since loading a larger one would take a tenth of the
 * start. Checks shapes only; names and values of settings are checked in `settings.ts`.
 */
import { parseArgs } from 'node:util';
import { type LogLevel, logLevels } from '../../platform/logger.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';

export interface StartFlags {
  readonly listen: string | undefined;
  readonly dataDir: string | undefined;
  readonly inMemory: boolean;
  readonly settings: ReadonlyMap<string, string>;
  readonly configFile: string | undefined;
  readonly logLevel: LogLevel;
  readonly help: boolean;
  readonly version: boolean;
}

/** For `--help`; one row per option. */
export const startFlagHelp: readonly (readonly [string, string])[] = [
  ['--listen HOST:PORT', 'where clients connect (127.0.0.1:9092); port 0 takes a free one'],
  ['--data-dir DIR', 'where the data is kept (./ottla-data)'],
  ['--memory', 'keep nothing on disk'],
  ['--set NAME=VALUE', 'any setting of Apache Kafka or Ottla; may be repeated'],
  ['--config FILE', "a properties file, like Kafka's server.properties"],
  ['--log-level LEVEL', `${logLevels.join(', ')} (info); logs go to standard error`],
  ['--version', 'print the version'],
  ['--help', 'print this'],
];

export function parseStartFlags(args: readonly string[]): StartFlags {
  const { values } = parse(args);
  const logLevel = logLevels.find((level) => level === (values['log-level'] ?? 'info'));
  if (logLevel === undefined) throw usage(`--log-level must be one of ${logLevels.join(', ')}`);
  if (values.memory === true && values['data-dir'] !== undefined) {
    throw usage('--memory and --data-dir exclude each other');
  }
  return {
    listen: values.listen,
    dataDir: values['data-dir'],
    inMemory: values.memory ?? false,
    settings: assignments(values.set ?? []),
    configFile: values.config,
    logLevel,
    help: values.help ?? false,
    version: values.version ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        listen: { type: 'string' },
        'data-dir': { type: 'string' },
        memory: { type: 'boolean' },
        set: { type: 'string', multiple: true },
        config: { type: 'string' },
        'log-level': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' },
      },
    });
  } catch (error) {
    // parseArgs throws TypeErrors whose sentences are meant for the person.
    if (error instanceof TypeError) throw usage(error.message);
    throw error;
  }
}

function assignments(texts: readonly string[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) throw usage(`--set ${text}: expected NAME=VALUE`);
    settings.set(text.slice(0, equals).trim(), text.slice(equals + 1));
  }
  return settings;
}

function usage(message: string): CommandFailure {
  return new CommandFailure(ExitCode.USAGE, `${message}\nottla --help lists the options.`);
}
