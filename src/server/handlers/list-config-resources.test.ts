import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts';
import { handlerFixture } from './handler-fixture.ts';
import { listConfigResources } from './list-config-resources.ts';

test('what has settings is listed by kind, and the cluster’s own facts are not', async () => {
  const { call, broker } = await handlerFixture();
  const shape = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await broker.metadata.createTopics([{ name: 'a', ...shape }], { validateOnly: false });
  const set = (resourceType: number, resourceName: string, name: string, value: string) =>
    ({ kind: 'alter', resourceType, resourceName, alterations: [{ name, operation: 'set', value }] }) as const;
  await broker.metadata.alterConfigs(
    [set(32, 'g', 'consumer.session.timeout.ms', '50000'), set(16, 'm', 'interval.ms', '1000')],
    { validateOnly: false },
  );
  const list = async (version: number, resourceTypes: readonly number[] = []) => {
    const answer = await call(listConfigResources, ListConfigResources, version, { resourceTypes });
    return answer.configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`).sort();
  };
  assert.deepEqual(await list(0), ['16 m']);
  assert.deepEqual(await list(1), ['16 m', '2 a', '32 g', '4 1', '8 1']);
  assert.deepEqual(await list(1, [2, 32, 2]), ['2 a', '32 g']);
  for (const unknown of [0, 1, 100]) {
    const answer = await call(listConfigResources, ListConfigResources, 1, { resourceTypes: [unknown] });
    assert.deepEqual([answer.errorCode, answer.configResources], [ErrorCode.UNSUPPORTED_VERSION, []]);
  }
});
