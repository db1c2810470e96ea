/** A segment whose records a power loss took, and only its name not, is complete after the next clean stop: an index that is missing would look like damage. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { ProducerAudit } from '../../../partition/producer-audit.ts';
import { appendTo, logId, logSettings, whenProgress } from '../../log.fixture.ts';
import { fileName, LOG } from '../file-names.ts';
import { startEngine } from '../local-engine.fixture.ts';
import { checkDirectory, faultsOf } from './check-directory.ts';

async function put(env: TestEnv, name: string, content: Uint8Array): Promise<void> {
  const file = await env.disk.open(`data/${name}`, 'create');
  await file.write([content], 0);
  await file.sync();
}

test('an empty segment that a power loss has left has its indexes after a clean stop', async () => {
  const env = testEnv();
  await env.disk.makeDirectory('data');
  await put(env, 'meta.properties', readFileSync(new URL('../testdata/root/meta.properties', import.meta.url)));
  const log = await (await startEngine(env)).open(logId(), logSettings());
  for (let count = 0; count < 3; count += 1) appendTo(log, {});
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  await put(env, `orders-0/${fileName(log.endOffset, LOG)}`, new Uint8Array());
  await env.disk.syncDirectory('data/orders-0');
  env.disk.crash();
  const after = nextProcess(env);
  const engine = await startEngine(after);
  const found = await engine.open(logId(), logSettings());
  assert.equal(found.endOffset, 3);
  await found.close();
  await engine.close();
  const world = { disk: after.disk, pause: async () => {} };
  const report = await checkDirectory({ world, root: 'data', audit: () => new ProducerAudit() });
  assert.deepEqual(faultsOf(report), []);
});
