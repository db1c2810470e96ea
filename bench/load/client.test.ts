import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Metadata } from '../../src/protocol/messages/metadata.ts';
import { LoadClient } from './client.ts';

test('a broker that does not answer is not waited for', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const address = silent.address();
  assert.ok(address !== null && typeof address !== 'string');
  const client = await LoadClient.connect(`127.0.0.1:${address.port}`);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const answer = client.request(Metadata, 12, { topics: [] });
  t.mock.timers.tick(60_000);
  await assert.rejects(answer, { message: 'the broker has not answered to Metadata for 60 s' });
  await assert.rejects(client.request(Metadata, 12, { topics: [] }), /has not answered/);
  client.close();
});
