/** The world as Node has it, put together: what production hands to the broker. */
import type { Clock, Env, Logger, Timers } from '../base/env.ts';
import { ReadBuffers } from '../base/read-buffers.ts';
import { nodeClock, nodeTimers } from './node-clock.ts';
import { NodeDisk } from './node-disk.ts';
import { nodeNetwork } from './node-network.ts';
import { nodeRandom } from './node-random.ts';

export interface NodeEnvOptions {
  readonly logger: Logger;
  /** Instead of the machine's, for a broker whose time is moved by its owner. */
  readonly time?: Clock & Timers;
}

export function nodeEnv({ logger, time }: NodeEnvOptions): Env {
  return {
    clock: time ?? nodeClock,
    timers: time ?? nodeTimers,
    random: nodeRandom,
    disk: new NodeDisk(),
    network: nodeNetwork,
    logger,
    readBuffers: new ReadBuffers(),
  };
}
