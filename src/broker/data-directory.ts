/**
 * A broker's claim on its data directory: nobody else uses it at the same time, and it belongs to one node of one cluster. Owns the lock and
 * `meta.properties`; what else is in the directory is the log engine's.
 */
import { Buffer } from 'node:buffer';
import type { Env } from '../base/env.ts';
import { DataDirectoryInUse } from '../base/faults.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { makeDataDirectory } from '../log/local/data-directory.ts';
import { LocalLogEngine } from '../log/local/local-engine.ts';
import { type MetaProperties, readMetaProperties, writeMetaProperties } from '../log/local/meta-properties.ts';

const LOCK = '.lock';

/** The directory is another node's, or another cluster's. */
export class DataDirectoryMismatch extends Error {
  override readonly name = 'DataDirectoryMismatch';
}

export interface DataDirectoryOptions {
  readonly env: Env;
  readonly config: BrokerConfig;
  readonly path: string;
}

export interface DataDirectory {
  readonly engine: LocalLogEngine;
  /** Undefined in a directory that was never used. */
  readonly clusterId: string | undefined;
  /** Writes down whose directory it is, when it is first used. */
  claim(clusterId: string): Promise<void>;
  /** Closes the engine, then lets others in. */
  close(): Promise<void>;
}

/** Rejects with `DataDirectoryInUse`, `DataDirectoryMismatch`, `MetaPropertiesDamaged` or a `DiskFault`. */
export async function openDataDirectory({ env, config, path }: DataDirectoryOptions): Promise<DataDirectory> {
  await makeDataDirectory(env.disk, path);
  const lock = await env.disk.lock(`${path}/${LOCK}`);
  if (lock === undefined) throw new DataDirectoryInUse(path);
  try {
    const nodeId = config.get('node.id');
    const found = await readMetaProperties(env.disk, path);
    if (found !== undefined) refuseStrangers(found, { path, nodeId });
    const engine = await LocalLogEngine.start({
      env,
      root: path,
      checkpointIntervalMs: () => config.get('log.flush.offset.checkpoint.interval.ms'),
    });
    return {
      engine,
      clusterId: found?.clusterId,
      async claim(clusterId) {
        if (found !== undefined) return;
        const directoryId = Buffer.from(env.random.bytes(16)).toString('base64url');
        await writeMetaProperties(env.disk, path, { nodeId, clusterId, directoryId });
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

function refuseStrangers(found: MetaProperties, { path, nodeId }: { path: string; nodeId: number }): void {
  if (found.nodeId === nodeId) return;
  throw new DataDirectoryMismatch(
    `the data directory ${path} belongs to node ${found.nodeId}, and this is node ${nodeId} (node.id)`,
  );
}
