/** How long `startBroker()` takes in a process that has imported the package, in memory: the first time, and after that. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Figures } from './workloads.ts';

const PROCESSES = 5;

export function measureEmbedded(dist: string): Figures {
  const program = `
    const { startBroker } = await import(${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)});
    const times = [];
    for (let i = 0; i < 2; i += 1) {
      const startedAt = performance.now();
      const broker = await startBroker();
      times.push(performance.now() - startedAt);
      await broker.stop();
    }
    console.log(JSON.stringify(times));`;
  const runs = Array.from({ length: PROCESSES }, () => {
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(done.stderr);
    // Printed by the program above.
    return JSON.parse(done.stdout) as readonly [number, number];
  });
  const middle = (index: 0 | 1) => runs.map((times) => times[index]).toSorted((a, b) => a - b)[PROCESSES >> 1] ?? 0;
  return new Map([
    ['start in a process, first, ms', middle(0)],
    ['start in a process, again, ms', middle(1)],
  ]);
}
