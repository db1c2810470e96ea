#!/usr/bin/env node
/** The program `ottla`. Everything is in `run.ts`, which tests call without a process. */
import { processShell } from '../platform/shell.ts';
import { run } from './run.ts';

const shell = processShell();
shell.exitNow(await run(shell));
