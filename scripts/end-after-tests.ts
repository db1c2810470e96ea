/**
 * Loaded before every test file: ends its process when the tests are over and something goes on, which fails the file and names what it is. Node's runner waits
 * for such a process without end, also after a test that has timed out.
 */
import { after } from 'node:test';
import { isMainThread } from 'node:worker_threads';

const GRACE_MS = 30_000;

export function endAfterTests(graceMs: number): void {
  after(() => {
    setTimeout(() => {
      const open = process.getActiveResourcesInfo().join(', ');
      console.error(`${process.argv[1] ?? 'a test'}: its tests are over, and something goes on: ${open}`);
      process.exit(1);
    }, graceMs).unref();
  });
}

const isTestFile = process.env['NODE_TEST_CONTEXT'] !== undefined && isMainThread;
if (isTestFile) endAfterTests(GRACE_MS);
