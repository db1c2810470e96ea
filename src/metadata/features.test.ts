import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../protocol/error-code.ts';
import type { Feature } from './features.ts';
import { testCluster } from './test-cluster.ts';

const really = { validateOnly: false };
const transactionVersion: Feature = { name: 'transaction.version', maxLevel: 2 };
const supported = [transactionVersion];
const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;

function update(level: number, upgradeType = UPGRADE, feature = transactionVersion.name) {
  return { feature, level, upgradeType };
}

test('a feature has its highest level until somebody sets another, and keeps that over a restart', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1);
  assert.equal(metadata.featureLevel(transactionVersion), 2);
  for (const level of [1, 0]) {
    const before = metadata.position;
    await metadata.updateFeatures([update(level, SAFE_DOWNGRADE)], supported, really);
    assert.equal(metadata.featureLevel(transactionVersion), level);
    assert.ok(metadata.position > before, 'clients see by the epoch that the levels are newer');
  }
  await metadata.close();
  const again = await cluster.start(1);
  assert.equal(again.featureLevel(transactionVersion), 0);
});

test('of several updates either all are carried out or none', async () => {
  const metadata = await testCluster().start(1);
  const updates = [update(1, SAFE_DOWNGRADE), update(1, UPGRADE, 'no.such')];
  const result = await metadata.updateFeatures(updates, supported, really);
  assert.deepEqual(result, {
    kind: 'refused',
    error: ErrorCode.INVALID_UPDATE_VERSION,
    message: 'Invalid update version 1 for feature no.such. Local controller 1 does not support this feature.',
  });
  assert.equal(metadata.featureLevel(transactionVersion), 2);
});
