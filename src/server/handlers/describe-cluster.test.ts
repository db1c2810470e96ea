import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts';
import { describeCluster } from './describe-cluster.ts';
import { handlerFixture } from './handler-fixture.ts';

test('the cluster is told with its id and with the broker where the client found it', async () => {
  const { call, broker } = await handlerFixture();
  const answer = await call(describeCluster, DescribeCluster, 2, {});
  assert.equal(answer.clusterId, broker.metadata.clusterId);
  assert.deepEqual(answer.brokers, [{ brokerId: 1, host: 'where-you-are', port: 19092, rack: null, isFenced: false }]);
});

test('controllers are not told, because there are none', async () => {
  const { call } = await handlerFixture();
  const errorOf = async (endpointType: number) =>
    (await call(describeCluster, DescribeCluster, 2, { endpointType })).errorCode;
  assert.equal(await errorOf(2), ErrorCode.MISMATCHED_ENDPOINT_TYPE);
  assert.equal(await errorOf(3), ErrorCode.UNSUPPORTED_ENDPOINT_TYPE);
});
