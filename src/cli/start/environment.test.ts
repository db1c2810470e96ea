import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsFromEnvironment } from './environment.ts';

function name(variable: string): string | undefined {
  return settingsFromEnvironment({ [variable]: 'x' })[0]?.name;
}

test('variables are named as in the container image of Apache Kafka', () => {
  assert.equal(name('KAFKA_ADVERTISED_LISTENERS'), 'advertised.listeners');
  assert.equal(name('KAFKA_LISTENER_NAME_A__B_SSL_KEY_PASSWORD'), 'listener.name.a_b.ssl.key.password');
  assert.equal(name('KAFKA_A___B'), 'a-b');
});

test('variables about the Java process, and those of others, are no settings', () => {
  const environment = {
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_JMX_HOSTNAME: 'x',
    KAFKA_: 'x',
    PATH: '/bin',
    KAFKA_UNSET: undefined,
  };
  assert.deepEqual(settingsFromEnvironment(environment), []);
});
