/** Waits for something that another process does. */
import { setTimeout as sleep } from 'node:timers/promises';

const timeoutMs = 30_000;

export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never came true: ${what}`);
    await sleep(10);
  }
}
