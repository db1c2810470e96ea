#!/usr/bin/env node
/** The program `ottla`. Everything is in `run.ts`, which tests call without a process. */
import { enableCompileCache } from 'node:module';

// Compiled code is kept in the system's temporary directory: from the second start on a broker is ready about 20 ms earlier. Only what is loaded
// after this call profits, hence the imports below.
enableCompileCache();
const [{ processShell }, { run }] = await Promise.all([import('../platform/shell.ts'), import('./run.ts')]);

const shell = processShell();
shell.exitNow(await run(shell));
