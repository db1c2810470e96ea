/**
 * `npm run conformance -- [--bootstrap HOST:PORT] [paths]`: plays scenarios and prints what differs from Apache Kafka. Without an address Ottla is
 * started as each scenario needs it. Exit code 1 when one failed.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Result, runScenarios } from './run.ts';
import { readScenarios } from './scenario.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bootstrap: { type: 'string' },
    configured: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    kafka: { type: 'boolean', default: false },
    dir: { type: 'string', default: fileURLToPath(new URL('scenarios', import.meta.url)) },
    jobs: { type: 'string', default: '8' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`npm run conformance -- [options] [area | area/name …]
  --bootstrap HOST:PORT  a broker that runs already; else Ottla is started as each scenario needs it
  --configured           that broker has the settings that scenarios ask for
  --kafka                it is not Ottla: the list of Ottla's differences does not apply
  --memory               Ottla keeps nothing on disk
  --dir DIR              another folder of scenarios
  --jobs N               scenarios at a time (8)`);
  process.exit(0);
}

const scenarios = readScenarios(values.dir, positionals);
const results = await runScenarios({
  scenarios,
  bootstrap: values.bootstrap,
  configured: values.configured,
  isOttla: !values.kafka,
  store: values.memory ? 'memory' : 'disk',
  jobs: Number(values.jobs),
  onResult: print,
});
const count = (kind: Result['kind']) => results.filter((result) => result.kind === kind).length;
const answers = results.reduce((sum, result) => sum + result.answers, 0);
const differences = results.reduce((sum, result) => sum + result.differences, 0);
console.log(
  `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped; ${answers} answers compared, ${differences} listed differences`,
);
process.exit(count('failed') > 0 || scenarios.length === 0 ? 1 : 0);

function print({ scenario, kind, problems }: Result): void {
  if (kind === 'passed') return;
  console.log(`${kind} ${scenario.name}: ${scenario.about}`);
  for (const problem of problems) console.log(`    ${problem}`);
}
