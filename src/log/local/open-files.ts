/**
 * The open files of an engine. A file is opened when somebody uses it and stays open until the room is needed: then the one that was used
 * longest ago is closed. When all are in use, who comes next waits. Owns the handles; knows nothing of what is in the files.
 */
import type { Disk, DiskFile } from '../../base/env.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';

/** A file that can be used without being open. */
export class PooledFile {
  path: string;
  /** How it is opened; `create` only for a file of which it is known that nobody else has made it. */
  mode: 'create' | 'existing';
  handle: Promise<DiskFile> | undefined;
  uses = 0;
  /** Told when nobody uses the file any more. */
  onIdle: (() => void) | undefined;

  constructor(path: string, mode: 'create' | 'existing') {
    this.path = path;
    this.mode = mode;
  }
}

export class OpenFiles {
  readonly #disk: Disk;
  readonly #lifecycle: Lifecycle;
  readonly #openMax: number;
  /** In the order of their last use. */
  readonly #open = new Set<PooledFile>();
  /** Told when a file may have become idle. */
  readonly #waiting: (() => void)[] = [];

  constructor(options: { disk: Disk; lifecycle: Lifecycle; openMax: number }) {
    this.#disk = options.disk;
    this.#lifecycle = options.lifecycle;
    this.#openMax = options.openMax;
  }

  /** Runs `work` with the file open; `work` must not use a further file. Rejects with a DiskFault, or with what `work` rejects with. */
  async use<T>(file: PooledFile, work: (handle: DiskFile) => Promise<T>): Promise<T> {
    file.uses += 1;
    try {
      while (file.handle === undefined && this.#open.size >= this.#openMax && !this.#closeIdle()) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      return await work(await this.#handle(file));
    } finally {
      file.uses -= 1;
      if (file.uses === 0) file.onIdle?.();
      this.#wake();
    }
  }

  /** Closes the file when nobody uses it any more. It may be used again afterwards, and is then opened again. */
  async close(file: PooledFile): Promise<void> {
    while (file.uses > 0) {
      await new Promise<void>((resolve) => {
        file.onIdle = resolve;
      });
    }
    this.#open.delete(file);
    const handle = file.handle;
    file.handle = undefined;
    if (handle !== undefined) await (await handle).close();
  }

  /** Closes the file that nobody has used for longest. False when every file is in use. */
  async spareOne(): Promise<boolean> {
    const idle = this.#longestIdle();
    if (idle !== undefined) await this.close(idle);
    return idle !== undefined;
  }

  #handle(file: PooledFile): Promise<DiskFile> {
    this.#open.delete(file);
    this.#open.add(file);
    if (file.handle !== undefined) return file.handle;
    file.handle = this.#disk.open(file.path, file.mode);
    file.handle.catch(() => {
      file.handle = undefined;
      this.#open.delete(file);
    });
    return file.handle;
  }

  /** One file has become idle, so one who waits can go on; it wakes the next when it is done. To wake all costs minutes where thousands wait. */
  #wake(): void {
    this.#waiting.shift()?.();
  }

  /** False when every file is in use. */
  #closeIdle(): boolean {
    const file = this.#longestIdle();
    if (file === undefined) return false;
    this.#lifecycle.run('close a file that was not used for long', () => this.close(file));
    return true;
  }

  #longestIdle(): PooledFile | undefined {
    for (const file of this.#open) if (file.uses === 0) return file;
    return undefined;
  }
}
