/**
 * Runs one client's checklist against a real Ottla process: starts the broker on a free port over a fresh data directory, starts the client's
 * program, kills and restarts the broker when the program asks for it, and closes with the counts. It knows nothing of any client.
 *
 *   node compat/harness.ts NAME COMMAND [ARG ...]
 *
 * The program finds the broker in OTTLA_BOOTSTRAP, its data directory in OTTLA_DATA_DIR, and speaks in lines on standard output:
 *   ok NAME · not ok NAME: REASON · skip NAME: REASON   one check each
 *   @kill                                               kill -9 and start again; answered by "restarted" on its standard input
 *   @restart                                            the same with SIGTERM
 * Everything else is passed on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BrokerProcess } from '../test/broker-process.ts';

/** A checklist that takes longer hangs. */
const checklistTimeoutMs = 8 * 60_000;

async function main(): Promise<number> {
  const [name, command, ...args] = process.argv.slice(2);
  if (name === undefined || command === undefined) {
    console.error('usage: harness.ts NAME COMMAND [ARG ...]');
    return 2;
  }
  // A check that waits for retention waits for seconds.
  const settings = ['log.retention.check.interval.ms=2000'];
  // Nothing is in the second directory unless a check moves it there.
  const dataDir = await mkdtemp(join(tmpdir(), 'ottla-compat-'));
  settings.push(`cordoned.log.dirs=${join(dataDir, 'more')}`);
  await using broker = await BrokerProcess.start(settings, { dataDir, directories: ['', 'more'] });
  const client = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OTTLA_BOOTSTRAP: broker.bootstrap, OTTLA_DATA_DIR: broker.dataDir },
  });
  client.stdin.on('error', (error) => console.error(`${name}: the client stopped reading: ${error.message}`));
  const exited = once(client, 'exit');
  const timeout = setTimeout(() => {
    console.log(`not ok ${name}: not done after ${checklistTimeoutMs} ms`);
    client.kill('SIGKILL');
  }, checklistTimeoutMs);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const line of createInterface({ input: client.stdout })) {
    if (line === '@kill' || line === '@restart') {
      await broker.restart(line === '@kill' ? 'SIGKILL' : 'SIGTERM');
      client.stdin.write('restarted\n');
      continue;
    }
    console.log(`${name}: ${line}`);
    if (line.startsWith('ok ')) counts.passed += 1;
    else if (line.startsWith('not ok ')) counts.failed += 1;
    else if (line.startsWith('skip ')) counts.skipped += 1;
  }
  const [code, signal] = await exited;
  clearTimeout(timeout);
  if (code !== 0 && counts.failed === 0) {
    console.log(`${name}: not ok the program ended with code ${code}, signal ${signal}`);
    counts.failed += 1;
  }
  console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

process.exitCode = await main();
