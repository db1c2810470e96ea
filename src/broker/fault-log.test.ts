import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../sim/test-env.ts';
import { FaultLog } from './fault-log.ts';

test('of a thousand faults in one moment one is told, the others are counted', async () => {
  const env = testEnv();
  const log = new FaultLog(env);
  for (let fault = 0; fault < 1_000; fault += 1) log.error({ fault }, 'it failed');
  await env.clock.advance(60_000);
  log.error({ fault: 1_000 }, 'it failed');
  assert.deepEqual(
    env.logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields),
    [{ fault: 0 }, { fault: 1_000, othersSince: 999 }],
  );
});
