/** Which data directories a broker has, and which of them are cordoned: those take no new partitions (KIP-1066). */
import type { EffectiveSettings } from './registry.ts';

/** In place of all directories. */
const ALL = '*';

type Directories = readonly string[];

/** Whether the directory that `log.dirs` calls `path` is cordoned now. */
export function isCordoned(settings: EffectiveSettings, path: string): boolean {
  const cordoned = settings.get('cordoned.log.dirs');
  return cordoned.includes(ALL) || cordoned.includes(path);
}

/** Whether the broker has no place for new partitions. */
export function areAllCordoned(settings: EffectiveSettings): boolean {
  return directoriesOf(settings).every((path) => isCordoned(settings, path));
}

export function directoriesOf(settings: EffectiveSettings): Directories {
  return settings.get('log.dirs') ?? settings.get('log.dir');
}

/** Why these directories cannot be cordoned, in Kafka's words. */
export function cordonProblem(cordoned: Directories, directories: Directories): string | undefined {
  if (cordoned.includes(ALL)) {
    if (cordoned.length === 1) return undefined;
    return `requirement failed: When cordoned.log.dirs is set to ${ALL}, it must not contain other values`;
  }
  const missing = cordoned.filter((path) => !directories.includes(path));
  if (missing.length === 0) return undefined;
  const where = 'All entries in cordoned.log.dirs must be present in log.dirs or log.dir';
  return `requirement failed: ${where}. Missing entries : ${missing.join(', ')}`;
}
