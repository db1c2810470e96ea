import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { BrokerProcess } from './broker-process.ts';

test('a broker that does not stop when it is asked to is killed, and its files go', async (t) => {
  const broker = await BrokerProcess.start();
  const { pid } = broker;
  process.kill(pid, 'SIGSTOP');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stopping = broker[Symbol.asyncDispose]();
  t.mock.timers.tick(20_000);
  await assert.rejects(stopping, { message: 'not done after 20 s: the broker ends at SIGTERM' });
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.ok(!existsSync(broker.dataDir));
});
