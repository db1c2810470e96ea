/** Every recorded scenario, played against Ottla; and the list of differences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handlers } from '../src/server/handlers/all.ts';
import { differenceGroups, unplayedSteps, unservedApis } from './differences.ts';
import { playAll, scenarios } from './play-all.ts';

test('with its data on the disk Ottla answers as Apache Kafka 4.3.1 answered, or as the list of differences says', (context) =>
  playAll(context, 'disk'));

test('every listed difference belongs to a step that is there', () => {
  const stepCounts = new Map(scenarios.map(({ name, steps }) => [name, steps.length]));
  for (const { scenario, step } of differenceGroups.flatMap(({ places }) => places)) {
    assert.ok(step < (stepCounts.get(scenario) ?? 0), `${scenario} step ${step}`);
  }
  for (const { scenario, fromStep } of unplayedSteps) assert.ok(fromStep < (stepCounts.get(scenario) ?? 0), scenario);
});

test('no API is listed as not served that is served', () => {
  const served = new Set(handlers.map(({ api }) => api.name));
  for (const name of unservedApis.flatMap(({ apis }) => apis)) assert.ok(!served.has(name), name);
});
