/** What becomes of somebody's wish that a partition of this broker be in another data directory (KIP-113). The moving itself is the log engine's. */
import { DiskFault } from '../base/faults.ts';
import { isCordoned } from '../config/log-directories.ts';
import { hasFutureName } from '../log/local/file-names.ts';
import type { LogId, LogName, LogPlace } from '../log/log-engine.ts';
import { LogOffline } from '../log/log-faults.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { Broker } from './broker.ts';

/** The order of the checks is Kafka's. */
export async function moveReplica(
  name: LogName,
  { path, broker }: { path: string; broker: Broker },
): Promise<ErrorCode> {
  if (!hasFutureName(name)) return ErrorCode.INVALID_TOPIC_EXCEPTION;
  const place = await placeAt(path, broker);
  if (place === undefined) return ErrorCode.LOG_DIR_NOT_FOUND;
  if (place.isOffline) return ErrorCode.KAFKA_STORAGE_ERROR;
  if (isCordoned(broker.config, path)) return ErrorCode.INVALID_REPLICA_ASSIGNMENT;
  // A log is made when its partition is first used: there, if it is used now.
  place.prefer(name);
  const partition = await broker.partitions.get(name.topic, name.partition);
  if (partition === ErrorCode.NOT_LEADER_OR_FOLLOWER) return ErrorCode.REPLICA_NOT_AVAILABLE;
  if (typeof partition === 'number') return partition;
  return await moveOpen(place, partition.id, broker);
}

async function moveOpen(place: LogPlace, id: LogId, { env }: Broker): Promise<ErrorCode> {
  try {
    await place.move(id);
    return ErrorCode.NONE;
  } catch (error) {
    if (!(error instanceof DiskFault || error instanceof LogOffline)) throw error;
    env.logger.warn({ err: error, log: id }, 'a log cannot be moved');
    return ErrorCode.KAFKA_STORAGE_ERROR;
  }
}

/** An engine without a choice has one place, where everything is. */
async function placeAt(path: string, { engine }: Broker): Promise<LogPlace | undefined> {
  if (engine.placing !== undefined) return engine.placing.placeAt(path);
  const [only] = await engine.directories();
  return only?.path === path ? { isOffline: false, prefer() {}, async move() {} } : undefined;
}
