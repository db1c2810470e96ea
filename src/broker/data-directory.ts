/**
 * A broker's claim on one data directory: nobody else uses it at the same time, and it belongs to one node of one cluster. Owns the lock and
 * `meta.properties`; what else is in the directory is the log engine's.
 */
import { Buffer } from 'node:buffer';
import type { Env } from '../base/env.ts';
import { DataDirectoryInUse, DataDirectoryRefused } from '../base/faults.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { refuseBackupAsData } from '../log/local/backup/target-directory.ts';
import { makeDataDirectory } from '../log/local/data-directory.ts';
import { LOCK } from '../log/local/file-names.ts';
import { LocalLogEngine } from '../log/local/local-engine.ts';
import { readMetaProperties, writeMetaProperties } from '../log/local/meta-properties.ts';
import type { LogId } from '../log/log-engine.ts';
import { metadataLogId } from '../metadata/engine-metadata-log.ts';
import { isInternalTopic } from '../metadata/topic-name.ts';

export interface DataDirectoryOptions {
  readonly env: Env;
  readonly config: BrokerConfig;
  readonly path: string;
  /** See `LocalEngineOptions`. */
  readonly onFault: (fault: Error) => void;
}

export interface DataDirectory {
  readonly path: string;
  readonly engine: LocalLogEngine;
  /** Kafka's `directory.id`. */
  readonly directoryId: string;
  /** Undefined in a directory that was never used. */
  readonly clusterId: string | undefined;
  /** False: it is away, and what is in its place, if anything, is another one. */
  isThere(): Promise<boolean>;
  /** Writes down whose directory it is, when it is first used. */
  claim(clusterId: string): Promise<void>;
  /** Closes the engine, then lets others in. */
  close(): Promise<void>;
}

/** Rejects with `DataDirectoryInUse`, `DataDirectoryRefused` or a `DiskFault`. */
export async function openDataDirectory(options: DataDirectoryOptions): Promise<DataDirectory> {
  const { env, config, path, onFault } = options;
  await refuseBackupAsData(env.disk, path);
  await makeDataDirectory(env.disk, path);
  const lock = await env.disk.lock(`${path}/${LOCK}`);
  if (lock === undefined) throw new DataDirectoryInUse(path);
  try {
    const nodeId = config.get('node.id');
    const found = await readMetaProperties(env.disk, path);
    if (found !== undefined && found.nodeId !== nodeId) throw strangersNode(path, found.nodeId, nodeId);
    const directoryId = found?.directoryId || Buffer.from(env.random.bytes(16)).toString('base64url');
    let isClaimed = Boolean(found?.directoryId);
    const isThere = async () => {
      if (!isClaimed) return true;
      const now = await readMetaProperties(env.disk, path).catch(ifRefused);
      return now?.directoryId === directoryId;
    };
    const checkpointIntervalMs = () => config.get('log.flush.offset.checkpoint.interval.ms');
    const engine = await LocalLogEngine.start({
      env,
      root: path,
      checkpointIntervalMs,
      usesReserve,
      mustBeWhole,
      onFault,
      isThere,
    });
    return {
      path,
      engine,
      directoryId,
      clusterId: found?.clusterId,
      isThere,
      async claim(clusterId) {
        if (isClaimed) return;
        await writeMetaProperties(env.disk, path, { nodeId, clusterId, directoryId });
        isClaimed = true;
      },
      async close() {
        try {
          await engine.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** On a full disk, groups still commit and topics can still be deleted: both are small, and the second makes room. */
function usesReserve({ topic }: LogId): boolean {
  return isInternalTopic(topic) || topic === metadataLogId.topic;
}

/** Topics that it does not know any more would be made anew, and their logs set aside. */
function mustBeWhole({ topicId }: LogId): boolean {
  return topicId === metadataLogId.topicId;
}

function strangersNode(path: string, theirs: number, ours: number): DataDirectoryRefused {
  const sentence = `the data directory ${path} belongs to node ${theirs}, and this is node ${ours} (node.id)`;
  return new DataDirectoryRefused(sentence);
}

/** Whatever is damaged is not what was there. */
function ifRefused(error: unknown): undefined {
  if (error instanceof DataDirectoryRefused) return undefined;
  throw error;
}
