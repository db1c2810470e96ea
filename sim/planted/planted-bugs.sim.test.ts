import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { plantedBugs } from './planted-bugs.ts';

const HUNT = fileURLToPath(new URL('./hunt.ts', import.meta.url));

for (const { name, seeds } of plantedBugs) {
  test(`within ${seeds} worlds the simulator finds that ${name}`, async () => {
    const { output, code } = await hunt(name);
    assert.equal(code, 0, output);
  });
}

function hunt(name: string): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, [HUNT, name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ output: Buffer.concat(chunks).toString(), code }));
  });
}
