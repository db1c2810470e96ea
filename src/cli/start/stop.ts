/**
 * Stops the broker when the process was asked to end. Owns how long that may take: as long as logs get closed, which is told every few seconds; what hangs is given up,
 * because what was acknowledged is on the disk already. A second signal ends the process at once, which is the shell's.
 */
import type { Logger } from '../../base/env.ts';
import type { Shell } from '../../platform/shell.ts';
import { ExitCode } from '../exit-code.ts';

const tellIntervalMs = 2_000;
/** For so long no log may be closed: a single one may have gigabytes to sync, or the disk may hang. */
const stalledMs = 30_000;
/** Before systemd kills (90 seconds), so that somebody says why. */
const stopMs = 85_000;

interface StoppingNode {
  stop(): Promise<void>;
  readonly openLogs: number;
}

export async function stopNode(node: StoppingNode, shell: Shell, logger: Logger): Promise<void> {
  let elapsedMs = 0;
  let movedMs = 0;
  let { openLogs } = node;
  const look = (): void => {
    elapsedMs += tellIntervalMs;
    if (node.openLogs !== openLogs) movedMs = elapsedMs;
    openLogs = node.openLogs;
    if (elapsedMs >= stopMs || elapsedMs - movedMs >= stalledMs) {
      logger.error({ elapsedMs, openLogs }, 'the stop took too long and was given up');
      shell.exitNow(ExitCode.FAILED);
    }
    logger.info({ openLogs }, 'still stopping');
    cancel = shell.after(tellIntervalMs, look);
  };
  // It also keeps the process alive: what the stop waits for may be one of the broker's timers, which do not.
  let cancel = shell.after(tellIntervalMs, look);
  try {
    await node.stop();
  } finally {
    cancel();
  }
  logger.info({}, 'stopped');
}
