import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerConfig } from './broker-config.ts';
import { longMax } from './setting.ts';
import { topicSettings } from './topic-settings.ts';

test('a topic without overrides follows the broker', () => {
  const settings = topicSettings(
    new BrokerConfig({ file: { 'log.cleanup.policy': 'compact', 'message.max.bytes': '77' } }),
  );
  assert.deepEqual(settings.cleanupPolicy, ['compact']);
  assert.equal(settings.maxMessageBytes, 77);
  assert.equal(settings.retentionMs, 604_800_000);
  assert.equal(settings.segmentMs, 604_800_000);
  assert.equal(settings.flushMessages, longMax);
  assert.equal(settings.durability, 'sync');
});

test('an override wins, unless it is no legal value any more', () => {
  const config = new BrokerConfig();
  assert.equal(topicSettings(config, new Map([['retention.ms', ' 5 ']])).retentionMs, 5);
  assert.equal(topicSettings(config, new Map([['retention.ms', 'x']])).retentionMs, 604_800_000);
});

test('milliseconds win over minutes, minutes over hours, wherever they were given', () => {
  const hours = new BrokerConfig({ flag: { 'log.retention.hours': '2' } });
  assert.equal(topicSettings(hours).retentionMs, 7_200_000);
  const minutes = new BrokerConfig({ flag: { 'log.retention.hours': '2' }, file: { 'log.retention.minutes': '3' } });
  assert.equal(topicSettings(minutes).retentionMs, 180_000);
  minutes.setDynamic('cluster', new Map([['log.retention.ms', '4']]));
  assert.equal(topicSettings(minutes).retentionMs, 4);
});

test('a negative retention in any unit is no bound', () => {
  assert.equal(topicSettings(new BrokerConfig({ flag: { 'log.retention.ms': '-2' } })).retentionMs, -1);
  assert.equal(topicSettings(new BrokerConfig({ flag: { 'log.retention.hours': '-1' } })).retentionMs, -1);
});

test('the scheduler interval stands in for the flush interval', () => {
  assert.equal(topicSettings(new BrokerConfig({ flag: { 'log.flush.scheduler.interval.ms': '9' } })).flushMs, 9);
  const both = { 'log.flush.scheduler.interval.ms': '9', 'log.flush.interval.ms': '8' };
  assert.equal(topicSettings(new BrokerConfig({ flag: both })).flushMs, 8);
});

test('the internal segment size goes below the bound of the public one', () => {
  const overrides = new Map([
    ['internal.segment.bytes', '1500'],
    ['segment.bytes', '1048576'],
  ]);
  assert.equal(topicSettings(new BrokerConfig(), overrides).segmentBytes, 1500);
});
