import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerConfig } from './broker-config.ts';
import { groupSettings } from './group-settings.ts';

test('a group follows the broker where it says nothing', () => {
  const config = new BrokerConfig({ file: { 'group.consumer.heartbeat.interval.ms': '6000' } });
  assert.equal(groupSettings(config).consumerHeartbeatIntervalMs, 6000);
  assert.equal(groupSettings(config).shareAutoOffsetReset, 'latest');
  assert.equal(groupSettings(config).shareRenewAcknowledgeEnable, true);
});

test('what a group chose is held within the bounds that the broker has now', () => {
  const overrides = new Map([['consumer.session.timeout.ms', '50000']]);
  assert.equal(groupSettings(new BrokerConfig(), overrides).consumerSessionTimeoutMs, 50_000);
  const narrow = new BrokerConfig({ file: { 'group.consumer.max.session.timeout.ms': '46000' } });
  assert.equal(groupSettings(narrow, overrides).consumerSessionTimeoutMs, 46_000);
});
