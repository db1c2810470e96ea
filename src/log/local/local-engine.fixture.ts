import type { Env } from '../../base/env.ts';
import { type LocalEngineOptions, LocalLogEngine } from './local-engine.ts';

/** Over `data`, with checkpoints that no test waits for. */
export function startEngine(env: Env, options: Partial<Omit<LocalEngineOptions, 'env'>> = {}): Promise<LocalLogEngine> {
  return LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 60_000, ...options });
}
