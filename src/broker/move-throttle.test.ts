import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../sim/test-env.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { MoveThrottle } from './move-throttle.ts';

const NAME = 'replica.alter.log.dirs.io.max.bytes.per.second';

test('without a rate nothing waits, and a rate that is changed counts within a second', async () => {
  const env = testEnv();
  const config = new BrokerConfig();
  const throttle = new MoveThrottle({ env, config });
  const { signal } = new AbortController();
  let passed = 0;
  const take = async (bytes: number) => {
    await throttle.take(bytes, signal);
    passed += bytes;
  };
  const first = take(1_000_000_000);
  await env.clock.advance(0);
  assert.equal(passed, 1_000_000_000);
  await first;
  config.setDynamic('cluster', new Map([[NAME, '1000']]));
  const second = take(1_000_000);
  await env.clock.advance(60_000);
  assert.equal(passed, 1_000_000_000);
  config.setDynamic('broker', new Map([[NAME, '10000000']]));
  await env.clock.advance(1_100);
  await second;
  assert.equal(passed, 1_001_000_000);
});
