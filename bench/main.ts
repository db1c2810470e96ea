/**
 * `npm run bench`: what the broker costs, as a table. `--against kafka` runs Apache Kafka beside it, one after the other on the same machine, and prints ratios (below 1:
 * Ottla needs or takes less). `--only start,throughput,latency,partitions,transactions,compaction`, `--quick` (a fifth of the load), `--profile DIR` (processor profiles of the
 * broker).
 *
 * Nothing else should run on the machine meanwhile. A ratio between 0.77 and 1.3 is no difference.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BrokerKind } from './brokers/broker-process.ts';
import { kafka } from './brokers/kafka.ts';
import { ottla } from './brokers/ottla.ts';
import { measureCompaction } from './compaction.ts';
import { measureEmbedded } from './embedded.ts';
import { measureManyPartitions } from './many-partitions.ts';
import { printTable } from './table.ts';
import { measureTransactions } from './transactions.ts';
import { type Figures, measureLatency, measureStart, measureThroughput, type Sizes } from './workloads.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const full: Sizes = {
  bytes: 2e9,
  smallRequests: 100_000,
  latencySeconds: 15,
  transactions: 5_000,
  compactedBytes: 8e8,
  starts: 5,
};
const quick: Sizes = {
  bytes: 4e8,
  smallRequests: 20_000,
  latencySeconds: 5,
  transactions: 1_000,
  compactedBytes: 3e8,
  starts: 3,
};
const everything = 'start,throughput,latency,partitions,transactions,compaction';

const { values: flags } = parseArgs({
  options: {
    against: { type: 'string' },
    only: { type: 'string', default: everything },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
if (process.platform !== 'linux') throw new Error('the benchmarks read /proc, which only Linux has');
if (flags.against !== undefined && flags.against !== 'kafka') throw new Error('--against knows only kafka');

const dist = join(root, 'dist');
const build = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit' });
if (build.status !== 0) process.exit(1);

const kinds: BrokerKind[] = [ottla({ dist, profileDir: flags.profile })];
if (flags.against === 'kafka') kinds.push(kafka(join(root, 'node_modules/.cache')));

const sizes = flags.quick ? quick : full;
const only = new Set(flags.only.split(','));
const workDir = mkdtempSync(join(tmpdir(), 'ottla-bench-'));
try {
  const columns: { name: string; figures: Figures }[] = [];
  for (const kind of kinds) columns.push({ name: kind.name, figures: await measure(kind) });
  if (only.has('start')) addAll(columns[0]?.figures, measureEmbedded(dist));
  console.log(
    `\n${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n`,
  );
  printTable(columns);
} finally {
  rmSync(workDir, { recursive: true, force: true });
}

async function measure(kind: BrokerKind): Promise<Figures> {
  const figures: Figures = new Map();
  if (only.has('start')) addAll(figures, await measureStart(kind, sizes, workDir));
  for (const durable of [false, true]) {
    console.error(`measuring ${kind.name}, ${durable ? 'durable' : 'os'}`);
    if (only.has('throughput')) addAll(figures, await measureThroughput(kind, sizes, { workDir, durable }));
    if (only.has('latency')) addAll(figures, await measureLatency(kind, sizes, { workDir, durable }));
    if (only.has('transactions')) addAll(figures, await measureTransactions(kind, sizes, { workDir, durable }));
  }
  if (only.has('partitions')) addAll(figures, await measureManyPartitions(kind, sizes, workDir));
  if (only.has('compaction')) addAll(figures, await measureCompaction(kind, sizes, workDir));
  return figures;
}

function addAll(target: Figures | undefined, figures: Figures): void {
  for (const [name, value] of figures) target?.set(name, value);
}
