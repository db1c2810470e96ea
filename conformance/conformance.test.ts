/** Every recorded scenario, played against Ottla. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { handlers } from '../src/server/handlers/all.ts';
import { differenceGroups, unplayedSteps, unservedApis } from './differences.ts';
import { runScenarios } from './run.ts';
import { readScenarios } from './scenario.ts';

const scenarios = readScenarios(fileURLToPath(new URL('scenarios', import.meta.url)));
const JOBS = 8;

test('Ottla answers as Apache Kafka 4.3.1 answered, or as the list of differences says', async (context) => {
  const results = await runScenarios({
    scenarios,
    bootstrap: undefined,
    configured: false,
    isOttla: true,
    store: 'disk',
    jobs: JOBS,
    onResult: () => {},
  });
  assert.equal(results.length, scenarios.length);
  for (const result of results) {
    await context.test(result.scenario.name, () => {
      assert.deepEqual(result.problems, []);
      assert.equal(result.kind, 'passed');
    });
  }
  const answers = results.reduce((sum, result) => sum + result.answers, 0);
  const differences = results.reduce((sum, result) => sum + result.differences, 0);
  context.diagnostic(`${results.length} scenarios, ${answers} answers compared, ${differences} deliberate differences`);
  assert.ok(answers > 2_500);
});

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
