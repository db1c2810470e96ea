/**
 * Puts flags, environment and file together into the broker's configuration, and says what is odd about them: an unknown name in a flag is refused with
 * the name that was probably meant; elsewhere it is a warning, because files and environments are shared with other programs.
 */
import { BrokerConfig, ConfigError, type SettingTexts } from '../../config/broker-config.ts';
import { directoriesOf } from '../../config/log-directories.ts';
import { brokerSettingByName } from '../../config/registry.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { nearest } from '../nearest.ts';
import { settingsFromEnvironment } from './environment.ts';
import type { StartFlags } from './flags.ts';

export interface StartSettings {
  readonly config: BrokerConfig;
  /** Undefined: everything stays in memory. */
  readonly dataDirs: readonly string[] | undefined;
  /** Sentences for the log, each of them once. */
  readonly warnings: readonly string[];
  /** Settings that were given and do nothing here. */
  readonly withoutEffect: readonly string[];
}

export interface SettingSources {
  readonly flags: StartFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the file said, if one was named. */
  readonly file: ReadonlyMap<string, string>;
}

/** Throws a `CommandFailure` (usage) that names every setting that is wrong. */
export function startSettings(sources: SettingSources): StartSettings {
  const fromEnvironment = settingsFromEnvironment(sources.environment);
  const flag = flagSettings(sources.flags);
  const mistyped = Object.keys(flag).filter((name) => !isKnown(name));
  if (mistyped.length > 0) throw new CommandFailure(ExitCode.USAGE, mistyped.map(unknownSentence).join('\n'));
  const config = makeConfig({
    flag,
    environment: Object.fromEntries(fromEnvironment.map(({ name, text }) => [name, text])),
    file: Object.fromEntries(sources.file),
  });
  const variables = new Map(fromEnvironment.map(({ name, variable }) => [name, variable]));
  const warnings = config.unknown.map(({ name, layer }) =>
    layer === 'environment'
      ? `environment variable ${variables.get(name)} is no setting; ignored`
      : `${unknownSentence(name)} in ${sources.flags.configFile}; ignored`,
  );
  if (config.get('authorizer.class.name') !== '') {
    warnings.push('authorizer.class.name has no effect: whoever can connect may do everything');
  }
  const withoutEffect = [...config.staticEntries.keys()].filter(
    (name) => brokerSettingByName.get(name)?.effect === undefined && !config.unknown.some((row) => row.name === name),
  );
  return {
    config,
    dataDirs: sources.flags.inMemory ? undefined : directoriesOf(config),
    warnings,
    withoutEffect,
  };
}

function flagSettings(flags: StartFlags): SettingTexts {
  const settings = Object.fromEntries(flags.settings);
  if (flags.listen !== undefined) settings['listeners'] = listener(flags.listen);
  if (flags.dataDir !== undefined) settings['log.dirs'] = flags.dataDir;
  return settings;
}

/** `HOST:PORT`, `:PORT` and `PORT` become a plain listener; what has a name stays as it is. */
function listener(text: string): string {
  if (text.includes('://')) return text;
  return /^\d+$/.test(text) ? `PLAINTEXT://127.0.0.1:${text}` : `PLAINTEXT://${text}`;
}

function makeConfig(layers: { flag: SettingTexts; environment: SettingTexts; file: SettingTexts }): BrokerConfig {
  try {
    return new BrokerConfig(layers);
  } catch (error) {
    if (error instanceof ConfigError) throw settingFailure(error);
    throw error;
  }
}

/** Every problem on a line of its own, with the layer to look at. */
export function settingFailure(error: ConfigError): CommandFailure {
  const lines = error.problems.map(({ message, layer }) => `${message} (from the ${layer})`);
  return new CommandFailure(ExitCode.USAGE, lines.join('\n'), error);
}

function isKnown(name: string): boolean {
  return brokerSettingByName.has(name) || name.startsWith('listener.name.');
}

function unknownSentence(name: string): string {
  const meant = nearest(name, brokerSettingByName.keys());
  return `unknown setting ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}
