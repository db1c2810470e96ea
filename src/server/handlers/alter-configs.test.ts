import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts';
import { alterConfigs } from './alter-configs.ts';
import { handlerFixture } from './handler-fixture.ts';

const GROUP = 32;
const LOGGER = 8;

test('what is named becomes all that a resource has', async () => {
  const { call, broker } = await handlerFixture();
  const replace = async (resourceType: number, resourceName: string, settings: Readonly<Record<string, string>>) => {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const resources = [{ resourceType, resourceName, configs }];
    return (await call(alterConfigs, AlterConfigs, 2, { resources })).responses[0]?.errorCode;
  };
  const settings = () => Object.fromEntries(broker.metadata.image.configs(GROUP, 'g'));
  assert.equal(await replace(GROUP, 'g', { 'consumer.session.timeout.ms': '50000' }), ErrorCode.NONE);
  assert.deepEqual(settings(), { 'consumer.session.timeout.ms': '50000' });
  assert.equal(await replace(GROUP, 'g', { 'share.isolation.level': 'read_committed' }), ErrorCode.NONE);
  assert.deepEqual(settings(), { 'share.isolation.level': 'read_committed' });
  assert.equal(await replace(LOGGER, '1', { root: 'INFO' }), ErrorCode.INVALID_REQUEST);
});

test('a resource that is named twice is refused both times', async () => {
  const { call } = await handlerFixture();
  const resource = { resourceType: GROUP, resourceName: 'g', configs: [] };
  const { responses } = await call(alterConfigs, AlterConfigs, 2, { resources: [resource, resource] });
  assert.deepEqual(
    responses.map(({ errorCode }) => errorCode),
    [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST],
  );
});
