/** Checks that a data directory of which nothing works takes its own partitions offline and no others (invariant I23). */
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { DescribeLogDirs } from '../../src/protocol/messages/describe-log-dirs.ts';
import { ListOffsets } from '../../src/protocol/messages/list-offsets.ts';
import type { Client } from '../clients/client.ts';
import { violated } from '../world/world.ts';

const LATEST = -1;

/** To be asked only while nothing else is wrong. */
export async function checkOtherDirectories(client: Client, darkPath: string): Promise<void> {
  const answer = await client.request(DescribeLogDirs, 4, { topics: null });
  const others = (answer?.results ?? []).filter(({ logDir }) => logDir !== darkPath);
  for (const { logDir, errorCode, topics } of others) {
    if (errorCode !== ErrorCode.NONE) violated(`${logDir} is offline because of ${darkPath}`);
    for (const { name, partitions } of topics) {
      // What is on its way here is still elsewhere.
      const here = partitions.filter(({ isFutureKey }) => !isFutureKey);
      const asked = here.map(({ partitionIndex }) => ({ partitionIndex, timestamp: LATEST }));
      const found = await client.request(ListOffsets, 7, { replicaId: -1, topics: [{ name, partitions: asked }] });
      for (const partition of found?.topics[0]?.partitions ?? []) {
        if (partition.errorCode !== ErrorCode.KAFKA_STORAGE_ERROR) continue;
        const what = `${name}-${partition.partitionIndex} in ${logDir} answers ${errorName(partition.errorCode)}`;
        violated(`${what} because of ${darkPath}`);
      }
    }
  }
  if (others.length > 0) client.note(`${others.length} directories go on without ${darkPath}`);
}
