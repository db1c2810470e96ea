import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { appendTo, logId, logSettings } from '../log.fixture.ts';
import { logEngineContract } from '../log-engine.contract.ts';
import { LogFull } from '../log-faults.ts';
import { MemoryLogEngine } from './memory-engine.ts';

logEngineContract('memory', async () => {
  const env = testEnv();
  const engine = new MemoryLogEngine({ env });
  return {
    engine,
    reopen: async () => engine,
    advance: (ms) => env.clock.advance(ms),
    stop: () => engine.close(),
  };
});

test('beyond its bound the engine refuses appends and keeps what it has', async () => {
  const engine = new MemoryLogEngine({ env: testEnv(), bytesMax: 200_000 });
  const log = await engine.open(logId(), logSettings());
  let appended = 0;
  assert.throws(() => {
    for (; appended < 100; appended += 1) appendTo(log, { valueBytes: 10_000 });
  }, LogFull);
  assert.ok(appended >= 10, 'most of the room was used');
  assert.equal(log.endOffset, appended);
  await log.advanceStart(appended - 1);
  assert.throws(() => appendTo(log, { valueBytes: 10_000 }), LogFull, 'the only segment still holds it all');
});

test('appends make room by retention before they are refused', async () => {
  const engine = new MemoryLogEngine({ env: testEnv(), bytesMax: 200_000 });
  const log = await engine.open(logId(), logSettings({ segmentBytes: 20_000, retentionBytes: 50_000 }));
  for (let index = 0; index < 100; index += 1) appendTo(log, { valueBytes: 9_000 });
  assert.equal(log.endOffset, 100);
  assert.ok(log.startOffset > 50);
});
