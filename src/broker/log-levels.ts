/**
 * How much this broker logs, as Kafka's admin tools see and change it (the BROKER_LOGGER resource, KIP-412). There is one logger, `root`. Owns
 * the level and the filter; where lines go and what is dropped there anyway is the sink's business.
 */
import type { Logger } from '../base/env.ts';

/** Kafka's levels, the quietest first. Ottla logs nothing above ERROR or below DEBUG: FATAL means only errors, TRACE everything. */
export const logLevelNames = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;
export type LogLevelName = (typeof logLevelNames)[number];

export const ROOT_LOGGER = 'root';

export function isLogLevelName(text: string): text is LogLevelName {
  return (logLevelNames as readonly string[]).includes(text);
}

export class LogLevels {
  #root: LogLevelName;

  constructor(root: LogLevelName) {
    this.#root = root;
  }

  get root(): LogLevelName {
    return this.#root;
  }

  set root(level: LogLevelName) {
    this.#root = level;
  }

  /** `sink` without the lines that are below the level of the moment. */
  filter(sink: Logger): Logger {
    const takes = (level: LogLevelName) =>
      logLevelNames.indexOf(level) <= Math.max(1, logLevelNames.indexOf(this.#root));
    return {
      debug: (fields, message) => {
        if (takes('DEBUG')) sink.debug(fields, message);
      },
      info: (fields, message) => {
        if (takes('INFO')) sink.info(fields, message);
      },
      warn: (fields, message) => {
        if (takes('WARN')) sink.warn(fields, message);
      },
      error: (fields, message) => sink.error(fields, message),
      child: (fields) => this.filter(sink.child(fields)),
    };
  }
}
