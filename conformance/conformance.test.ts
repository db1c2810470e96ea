/** Every recorded scenario, played against Ottla. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { differenceGroups } from './differences.ts';
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

test('every listed difference belongs to a scenario that is there', () => {
  const names = new Set(scenarios.map(({ name }) => name));
  for (const { scenario } of differenceGroups.flatMap(({ places }) => places)) assert.ok(names.has(scenario), scenario);
});
