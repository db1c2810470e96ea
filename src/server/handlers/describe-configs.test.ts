import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts';
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts';
import { describeConfigs } from './describe-configs.ts';
import { type HandlerFixture, handlerFixture } from './handler-fixture.ts';
import { incrementalAlterConfigs } from './incremental-alter-configs.ts';

const BROKER = 4;
const LOGGER = 8;
const GROUP = 32;

async function alter(
  { call }: HandlerFixture,
  resourceType: number,
  resourceName: string,
  name: string,
  value: string,
) {
  const configs = [{ name, configOperation: 0, value }];
  const resources = [{ resourceType, resourceName, configs }];
  return (await call(incrementalAlterConfigs, IncrementalAlterConfigs, 1, { resources })).responses[0]?.errorCode;
}

async function describe({ call }: HandlerFixture, resourceType: number, resourceName: string, key: string) {
  const resources = [{ resourceType, resourceName, configurationKeys: [key] }];
  const { results } = await call(describeConfigs, DescribeConfigs, 4, { resources });
  return {
    errorCode: results[0]?.errorCode,
    value: results[0]?.configs[0]?.value,
    source: results[0]?.configs[0]?.configSource,
  };
}

test('what was altered is described, with where it comes from', async () => {
  const fixture = await handlerFixture();
  assert.equal(await alter(fixture, BROKER, '', 'message.max.bytes', '2000'), ErrorCode.NONE);
  assert.deepEqual(await describe(fixture, BROKER, '1', 'message.max.bytes'), {
    errorCode: 0,
    value: '2000',
    source: 3,
  });
  assert.equal(await alter(fixture, BROKER, '1', 'message.max.bytes', '3000'), ErrorCode.NONE);
  assert.deepEqual(await describe(fixture, BROKER, '1', 'message.max.bytes'), {
    errorCode: 0,
    value: '3000',
    source: 2,
  });
  assert.equal(fixture.broker.config.get('message.max.bytes'), 3000);
  assert.equal(await alter(fixture, GROUP, 'g', 'consumer.session.timeout.ms', '50000'), ErrorCode.NONE);
  assert.deepEqual(await describe(fixture, GROUP, 'g', 'consumer.session.timeout.ms'), {
    errorCode: 0,
    value: '50000',
    source: 8,
  });
});

test('another broker is asked itself', async () => {
  const fixture = await handlerFixture();
  assert.equal((await describe(fixture, BROKER, '2', 'message.max.bytes')).errorCode, ErrorCode.INVALID_REQUEST);
  assert.equal(await alter(fixture, BROKER, '2', 'message.max.bytes', '2000'), ErrorCode.INVALID_REQUEST);
});

test('the log level of a running broker can be changed, within what there is', async () => {
  const fixture = await handlerFixture();
  assert.deepEqual(await describe(fixture, LOGGER, '1', 'root'), { errorCode: 0, value: 'INFO', source: 6 });
  assert.equal(await alter(fixture, LOGGER, '1', 'root', 'DEBUG'), ErrorCode.NONE);
  assert.equal(fixture.broker.logLevels.root, 'DEBUG');
  assert.equal(await alter(fixture, LOGGER, '1', 'root', 'debug'), ErrorCode.INVALID_CONFIG);
  assert.equal(await alter(fixture, LOGGER, '1', 'kafka.server', 'INFO'), ErrorCode.INVALID_CONFIG);
  assert.equal(await alter(fixture, LOGGER, '2', 'root', 'INFO'), ErrorCode.INVALID_REQUEST);
  assert.equal(fixture.broker.logLevels.root, 'DEBUG');
});

test('the settings that only the cluster itself has are nobody’s to see or change', async () => {
  const fixture = await handlerFixture();
  assert.equal((await describe(fixture, 100, '', 'cluster.id')).errorCode, ErrorCode.INVALID_REQUEST);
  assert.equal(await alter(fixture, 100, '', 'cluster.id', 'x'), ErrorCode.INVALID_REQUEST);
});
