/**
 * Settings from environment variables, named as in Apache Kafka's container image: KAFKA_ADVERTISED_LISTENERS is advertised.listeners; a double underscore
 * stands for an underscore, a triple one for a hyphen.
 */

/** Variables of that image that are about the Java process, not about the broker. */
const notSettings: ReadonlySet<string> = new Set([
  'KAFKA_VERSION',
  'KAFKA_OPTS',
  'KAFKA_HEAP_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
]);

/** Setting names and texts, with the variable that each of them came from. */
export interface EnvironmentSetting {
  readonly name: string;
  readonly text: string;
  readonly variable: string;
}

export function settingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): readonly EnvironmentSetting[] {
  return Object.entries(environment)
    .filter(([variable, text]) => /^KAFKA_./.test(variable) && text !== undefined && !notSettings.has(variable))
    .map(([variable, text]) => ({ name: settingName(variable), text: text ?? '', variable }));
}

function settingName(variable: string): string {
  return variable
    .slice('KAFKA_'.length)
    .toLowerCase()
    .replaceAll('_', '.')
    .replaceAll('...', '-')
    .replaceAll('..', '_');
}
