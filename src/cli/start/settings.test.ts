import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { parseStartFlags } from './flags.ts';
import { type StartSettings, startSettings } from './settings.ts';

function settings(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  file: Readonly<Record<string, string>> = {},
): StartSettings {
  return startSettings({ flags: parseStartFlags(args), environment, file: new Map(Object.entries(file)) });
}

function refusal(args: readonly string[], environment?: Record<string, string>, file?: Record<string, string>): string {
  try {
    settings(args, environment, file);
  } catch (error) {
    assert.ok(error instanceof CommandFailure);
    assert.equal(error.exitCode, ExitCode.USAGE);
    return error.message;
  }
  return 'accepted';
}

test('without anything given, data goes to ./ottla-data and clients to 127.0.0.1:9092', () => {
  const { config, dataDirs, warnings } = settings([]);
  assert.deepEqual(dataDirs, ['ottla-data']);
  assert.deepEqual(config.get('listeners'), ['PLAINTEXT://127.0.0.1:9092']);
  assert.deepEqual(warnings, []);
});

test('a flag wins over the environment, the environment over the file', () => {
  const environment = { KAFKA_NUM_PARTITIONS: '2', KAFKA_MESSAGE_MAX_BYTES: '20' };
  const file = { 'num.partitions': '1', 'message.max.bytes': '10', 'log.segment.bytes': '1048576' };
  const { config } = settings(['--set', 'num.partitions=3', '--config', 'f'], environment, file);
  assert.equal(config.get('num.partitions'), 3);
  assert.equal(config.get('message.max.bytes'), 20);
  assert.equal(config.get('log.segment.bytes'), 1_048_576);
});

test('--listen takes HOST:PORT, a port, or a whole listener', () => {
  const listeners = (text: string) => settings(['--listen', text]).config.get('listeners');
  assert.deepEqual(listeners('0.0.0.0:1'), ['PLAINTEXT://0.0.0.0:1']);
  assert.deepEqual(listeners('[::1]:1'), ['PLAINTEXT://[::1]:1']);
  assert.deepEqual(listeners(':1'), ['PLAINTEXT://:1']);
  assert.deepEqual(listeners('1'), ['PLAINTEXT://127.0.0.1:1']);
  assert.deepEqual(listeners('INSIDE://a:1'), ['INSIDE://a:1']);
});

test('the data directory comes from --data-dir, log.dirs or log.dir, in this order, or is none', () => {
  assert.deepEqual(settings(['--data-dir', 'a', '--set', 'log.dir=b']).dataDirs, ['a']);
  assert.deepEqual(settings([], {}, { 'log.dirs': 'c', 'log.dir': 'd' }).dataDirs, ['c']);
  assert.deepEqual(settings([], {}, { 'log.dir': 'd' }).dataDirs, ['d']);
  assert.equal(settings(['--memory']).dataDirs, undefined);
  assert.deepEqual(settings(['--set', 'log.dirs=a,b']).dataDirs, ['a', 'b']);
  assert.match(refusal(['--set', 'log.dirs=a,,b']), /must not be empty/);
});

test('an unknown setting in a flag is refused with the nearest name that exists', () => {
  assert.match(refusal(['--set', 'num.partitons=3']), /unknown setting num\.partitons; did you mean num\.partitions\?/);
  assert.equal(refusal(['--set', 'zzzzzzzzzzzzzzzzzzzz=3']), 'unknown setting zzzzzzzzzzzzzzzzzzzz');
});

test('an unknown name in the file or the environment is a warning', () => {
  const { warnings } = settings(['--config', 'my.properties'], { KAFKA_PORT: 'tcp://x' }, { 'num.partitons': '3' });
  assert.deepEqual(warnings, [
    'unknown setting num.partitons; did you mean num.partitions? in my.properties; ignored',
    'environment variable KAFKA_PORT is no setting; ignored',
  ]);
});

test('values that cannot be used are all named, with where they come from', () => {
  const message = refusal(['--set', 'num.partitions=0'], { KAFKA_NODE_ID: 'x' });
  assert.match(message, /Value must be at least 1 \(from the flag\)/);
  assert.match(message, /Not a number of type INT \(from the environment\)/);
});

test('settings that do nothing here are told apart', () => {
  const { withoutEffect } = settings([], {}, { 'process.roles': 'broker', 'num.partitions': '3' });
  assert.deepEqual(withoutEffect, ['process.roles']);
});

test('who asks for an authorizer learns that there is none', () => {
  const { warnings } = settings([], {}, { 'authorizer.class.name': 'some.Authorizer' });
  assert.deepEqual(warnings, ['authorizer.class.name has no effect: whoever can connect may do everything']);
});

test('flags that make no sense are refused', () => {
  assert.match(refusal(['--nonsense']), /Unknown option '--nonsense'/);
  assert.match(refusal(['--set', 'a']), /--set a: expected NAME=VALUE/);
  assert.match(refusal(['--log-level', 'loud']), /--log-level must be one of/);
  assert.match(refusal(['--memory', '--data-dir', 'x']), /exclude each other/);
  assert.match(refusal(['extra']), /extra/);
});
