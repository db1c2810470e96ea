/**
 * Does the work of a test in a process of its own. Node's test runner follows every promise that is made in the process of a test, which costs some simulations more than everything that
 * they do: 300 lives of a data directory took 12.7 s of processor time in place of 5.5, the crash points of a compaction 12.3 in place of 5.3, 60 worlds 25 in place of 18.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

type Works = typeof import('./works.ts');

/** Resolves with what the work answers; rejects with what its process has printed. */
export function apart<Name extends keyof Works>(
  name: Name,
  ...parameters: Parameters<Works[Name]>
): Promise<Awaited<ReturnType<Works[Name]>>> {
  const child = fork(CHILD, [name, JSON.stringify(parameters)], { silent: true, execArgv: [] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    let answer: { readonly value: unknown } | undefined;
    child.once('message', (value) => {
      answer = { value };
    });
    child.once('close', () => {
      // The child has called the work of this name.
      if (answer !== undefined) resolve(answer.value as Awaited<ReturnType<Works[Name]>>);
      else reject(new Error(Buffer.concat(output).toString()));
    });
  });
}
