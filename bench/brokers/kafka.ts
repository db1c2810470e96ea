/**
 * Apache Kafka 4.3.1 from Maven Central: one node in KRaft mode with a heap of 1 GB and its default settings. Needs a JDK and Maven, and says so when they are
 * missing. `KAFKA_LIB` names a folder that has its jars already.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ApiVersions } from '../../src/protocol/messages/api-versions.ts';
import { LoadClient } from '../load/client.ts';
import { type BrokerKind, soon, startProcess } from './broker-process.ts';

const VERSION = '4.3.1';
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg';
const HEAP = ['-Xms1g', '-Xmx1g'];

export function kafka(cacheDir: string): BrokerKind {
  const lib = process.env['KAFKA_LIB'] ?? installed(join(cacheDir, `kafka-${VERSION}`));
  const java = (...parameters: readonly string[]) => ['java', ...HEAP, '-cp', `${lib}/*`, ...parameters];
  return {
    name: `Apache Kafka ${VERSION}`,
    durableTopic: { 'flush.messages': '1' },
    start: async ({ dataDir, settings = {} }) => {
      mkdirSync(dataDir, { recursive: true });
      const [port, controllerPort] = [await freePort(), await freePort()];
      const file = join(dataDir, 'server.properties');
      const logDir = join(dataDir, 'data');
      const more = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(file, properties({ logDir, port, controllerPort }) + more.join(''));
      run(
        java('kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file, '--standalone', '--ignore-formatted'),
      );
      const address = `127.0.0.1:${port}`;
      const command = java('kafka.Kafka', file);
      return startProcess({ command, logDir }, async () => ((await serves(address)) ? address : undefined));
    },
  };
}

async function serves(address: string): Promise<boolean> {
  await soon();
  try {
    const client = await LoadClient.connect(address);
    await client.request(ApiVersions, 0, {});
    client.close();
    return true;
  } catch {
    // Not yet.
    return false;
  }
}

function properties(options: { logDir: string; port: number; controllerPort: number }): string {
  const { logDir, port, controllerPort } = options;
  return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${logDir}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
`;
}

function installed(folder: string): string {
  const lib = join(folder, 'lib');
  if (existsSync(join(lib, `kafka_2.13-${VERSION}.jar`))) return lib;
  for (const tool of ['java', 'mvn']) {
    if (spawnSync(tool, ['-version']).error !== undefined) {
      throw new Error(`Apache Kafka needs ${tool}, which is not installed`);
    }
  }
  mkdirSync(folder, { recursive: true });
  const artifact = (group: string, name: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  writeFileSync(
    join(folder, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>ottla</groupId><artifactId>bench</artifactId><version>1</version>
<dependencies>${artifact('org.apache.kafka', 'kafka_2.13', VERSION)}${artifact('org.apache.kafka', 'kafka-tools', VERSION)}</dependencies></project>`,
  );
  console.error(`fetching Apache Kafka ${VERSION} with Maven`);
  run(['mvn', '-q', '-B', '-f', folder, 'dependency:copy-dependencies', '-DoutputDirectory=lib']);
  return lib;
}

function run([program = '', ...parameters]: readonly string[]): void {
  const done = spawnSync(program, parameters, { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`${program} failed: ${done.error?.message ?? ''}\n${done.stdout}${done.stderr}`);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port),
      );
    });
  });
}
