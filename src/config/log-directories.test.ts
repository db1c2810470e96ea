import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alterBroker } from './alter.ts';
import { BrokerConfig, ConfigError } from './broker-config.ts';
import { areAllCordoned, isCordoned } from './log-directories.ts';

const NAME = 'cordoned.log.dirs';
const given = (cordoned: string) => new BrokerConfig({ file: { 'log.dirs': '/a,/b', [NAME]: cordoned } });

test('a directory is cordoned by its name or with all of them, also while the broker runs', () => {
  const config = given('/a');
  assert.deepEqual([isCordoned(config, '/a'), isCordoned(config, '/b'), areAllCordoned(config)], [true, false, false]);
  config.setDynamic('broker', new Map([[NAME, '*']]));
  assert.deepEqual([isCordoned(config, '/b'), areAllCordoned(config)], [true, true]);
  config.setDynamic('broker', new Map([[NAME, '']]));
  assert.deepEqual([isCordoned(config, '/a'), areAllCordoned(config)], [false, false]);
});

test('only directories of the broker can be cordoned, at the start and later', () => {
  for (const value of ['/c', '/a,/c', '*,/a', '/a/']) {
    assert.throws(() => given(value), ConfigError, value);
    const config = new BrokerConfig({ file: { 'log.dirs': '/a,/b' } });
    const alteration = { name: NAME, operation: 'set' as const, value };
    assert.equal(alterBroker(config, 'broker', new Map(), [alteration]).kind, 'refused', value);
  }
  assert.ok(areAllCordoned(given('/b,/a,/a')));
});
