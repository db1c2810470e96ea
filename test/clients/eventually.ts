/** Waits for what another process does, and never for ever: a wait that ends says what it was for. */
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 30_000;

export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await within(what, condition()))) {
    if (Date.now() > deadline) throw new Error(`never came true: ${what}`);
    await sleep(10);
  }
}

/** Rejects when `work` takes too long. The work itself goes on: whoever has begun it ends it. */
export async function within<T>(what: string, work: T | Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limitMs / 1000} s: ${what}`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
