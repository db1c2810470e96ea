/** Plays everything within a test: one subtest per scenario, and the counts at the end. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runScenarios } from './run.ts';
import { readScenarios } from './scenario.ts';

export const scenarios = readScenarios(fileURLToPath(new URL('scenarios', import.meta.url)));

const JOBS = 8;
/** Fewer would mean that scenarios ended early without anybody noticing. */
const ANSWERS_MIN = 2_500;

export async function playAll(context: TestContext, store: 'disk' | 'memory'): Promise<void> {
  const results = await runScenarios({
    scenarios,
    bootstrap: undefined,
    configured: false,
    isOttla: true,
    store,
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
  assert.ok(answers >= ANSWERS_MIN);
}
