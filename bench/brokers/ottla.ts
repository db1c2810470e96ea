/** The bundle, as it is published. */
import { join } from 'node:path';
import { type BrokerKind, soon, startProcess } from './broker-process.ts';

/** `profileDir`: where Node leaves a processor profile of the broker when it stops. */
export function ottla(options: { dist: string; profileDir: string | undefined }): BrokerKind {
  const profile = options.profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileDir}`];
  return {
    name: 'Ottla',
    durableTopic: {},
    start: ({ dataDir, durable, settings = {} }) => {
      const set = Object.entries({ durability: durable ? 'sync' : 'os', ...settings });
      const command = [
        process.execPath,
        ...profile,
        join(options.dist, 'ottla.js'),
        ...['--listen', '127.0.0.1:0', '--data-dir', dataDir],
        ...set.flatMap(([name, value]) => ['--set', `${name}=${value}`]),
      ];
      return startProcess({ command, logDir: dataDir }, async (output) => {
        await soon();
        return /Ottla ready on (\S+)/.exec(output.text)?.[1];
      });
    },
  };
}
