/** What the operating system charged a process with: processor time and memory; and what went to a disk. Linux only, from /proc and /sys. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

/** Ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** The unit of the block layer's counters, whatever the device's own sectors are. */
const SECTOR_BYTES = 512;

/** User and system time of all threads since the process began. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name in parentheses that may contain blanks; the 14th and 15th are the times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function residentMegabytes(pid: number): number {
  return statusMegabytes(pid, 'VmRSS');
}

/** The most it ever was. */
export function peakResidentMegabytes(pid: number): number {
  return statusMegabytes(pid, 'VmHWM');
}

/**
 * Bytes that have reached the device under `path`, from whomever, with all that the page cache holds until now. What /proc charges a process with would be too much:
 * it counts a whole folio whenever a byte of it becomes dirty. NaN where the file system has no device of its own.
 */
export function diskBytesWritten(path: string): number {
  spawnSync('sync');
  const { dev } = statSync(path);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const stat = `/sys/dev/block/${major}:${minor}/stat`;
  if (!existsSync(stat)) return Number.NaN;
  return Number(readFileSync(stat, 'utf8').trim().split(/\s+/)[6]) * SECTOR_BYTES;
}

function statusMegabytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6;
}
