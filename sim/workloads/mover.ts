/**
 * An administrator who moves partitions between the data directories all the time, wherever they are, also those of the groups' coordinators. Holds what the broker says of its
 * directories against invariant I23: no log is in two of them.
 */
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { AlterReplicaLogDirs } from '../../src/protocol/messages/alter-replica-log-dirs.ts';
import { DescribeLogDirs } from '../../src/protocol/messages/describe-log-dirs.ts';
import type { Client } from '../clients/client.ts';
import { violated, type World } from '../world/world.ts';

const PAUSE_MS_MAX = 500;

export interface Movable {
  readonly topic: string;
  readonly partition: number;
}

export async function moveAll(world: World, client: Client, movable: readonly Movable[]): Promise<void> {
  const { random, machine } = world;
  while (!world.isDraining) {
    await world.sleep(random.next() * PAUSE_MS_MAX);
    const log = movable[random.below(movable.length)];
    const path = machine.dataDirs[random.below(machine.dataDirs.length)];
    if (log === undefined || path === undefined) continue;
    const topics = [{ name: log.topic, partitions: [log.partition] }];
    const answer = await client.request(AlterReplicaLogDirs, 2, { dirs: [{ path, topics }] });
    const error = answer?.results[0]?.partitions[0]?.errorCode;
    client.note(
      `wants ${log.topic}-${log.partition} in ${path}: ${error === undefined ? 'no answer' : errorName(error)}`,
    );
    await checkPlaces(client);
  }
}

async function checkPlaces(client: Client): Promise<void> {
  const answer = await client.request(DescribeLogDirs, 4, { topics: null });
  const found = new Map<string, string>();
  for (const { logDir, errorCode, topics } of answer?.results ?? []) {
    if (errorCode !== ErrorCode.NONE) continue;
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, isFutureKey } of partitions) {
        if (isFutureKey) continue;
        const log = `${name}-${partitionIndex}`;
        const other = found.get(log);
        if (other !== undefined) violated(`${log} is in ${other} and in ${logDir}`);
        found.set(log, logDir);
      }
    }
  }
}
