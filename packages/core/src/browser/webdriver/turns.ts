/** One operation after the other, and the user's session as it was found when the last one ends: window, frame and time limits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import type { Commands, Timeouts } from './commands.js';
import { dialogOpen } from './commands.js';
import type { Dialect } from './dialect.js';

/** What the user has set. */
interface Found {
  /** Undefined when the window that was current has been closed. */
  readonly window: string | undefined;
  /** A dialog is open in it. */
  readonly hasDialog: boolean;
  /** Where the current frame is: indexes from the top. Unknown, hence empty, where no script can run. */
  readonly path: readonly number[];
  readonly timeouts: Timeouts;
}

/** `() => number[]`: where the frame is below the top. Windows can be compared even across origins. */
const FRAME_PATH = `() => {
  const path = [];
  for (let at = window; at !== at.parent; at = at.parent) {
    let index = 0;
    while (index < at.parent.length && at.parent[index] !== at) index++;
    path.unshift(index);
  }
  return path;
}`;

/** Milliseconds for a look at the user's frame, and for a switch to a window, which a page can hold up. */
const LOOK_MS = 3_000;

/** Milliseconds between two looks at whether a window is still there. */
const WATCH_MS = 250;

export class Turns {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #found: Found | undefined;
  #current: string | undefined;
  #timeouts: Timeouts = {};

  constructor(
    readonly commands: Commands,
    readonly dialect: Dialect,
    /** Called when nobody waits any more, before the user's window becomes current again. */
    readonly onIdle: () => Promise<void>,
  ) {}

  /** Runs `work` when those before it have ended. Operations that wait already do not disturb the user's window in between. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const mine = this.#tail.then(async () => {
      try {
        this.#found ??= await this.#look();
        return await work();
      } finally {
        this.#waiting -= 1;
        if (this.#waiting === 0) await this.#putBack();
      }
    });
    this.#tail = mine.catch(() => undefined); // told to whoever called
    return mine;
  }

  /** Gives what `answer` does, or throws BROWSER_GONE when the current window closes meanwhile. */
  async whileOpen<T>(answer: Promise<T>): Promise<T> {
    const window = this.#current;
    if (!this.dialect.forgetsScripts || window === undefined) return answer;
    const end = new AbortController();
    const closed = async (): Promise<never> => {
      do await sleep(WATCH_MS, undefined, { signal: end.signal });
      while ((await this.commands.windows()).includes(window));
      throw new PspError('BROWSER_GONE', 'The window closed.');
    };
    const watch = closed();
    watch.catch(() => undefined); // its end comes after that of the answer
    try {
      return await Promise.race([answer, watch]);
    } finally {
      end.abort();
    }
  }

  /** Makes the window current. Throws TIMEOUT rather than leave a dialog that could not be come back to. */
  async switchTo(window: string): Promise<void> {
    if (this.#current === window) return;
    const { hasDialog = false, window: users } = this.#found ?? {};
    if (hasDialog && this.#current === users && !this.dialect.returnsToDialogs) throw dialogOpen();
    try {
      await this.commands.switchTo(window, LOOK_MS);
      this.#current = window;
    } catch (error) {
      // The browser may or may not be there later.
      this.#current = undefined;
      throw error;
    }
  }

  /** Makes the window current, with its own document as the frame. Throws TIMEOUT when a dialog is open there. */
  async enter(window: string): Promise<void> {
    await this.switchTo(window);
    if (await this.commands.hasDialog()) throw dialogOpen();
    await this.commands.toTop();
  }

  /** A window of ours. The dialog of the window that is current would be closed, so another is made current first. */
  async newWindow(): Promise<string> {
    if (this.#current !== undefined && !(await this.commands.hasDialog())) return this.commands.newWindow();
    for (const window of await this.commands.windows()) {
      if (window === this.#current) continue;
      await this.switchTo(window);
      if (!(await this.commands.hasDialog())) return this.commands.newWindow();
    }
    throw dialogOpen();
  }

  async closeWindow(window: string): Promise<void> {
    await this.switchTo(window);
    await this.commands.closeWindow();
    this.#current = undefined;
  }

  /** Milliseconds for scripts and for the loading of pages from now on. */
  async limit(timeouts: { script?: number; pageLoad?: number }): Promise<void> {
    const changes = (['script', 'pageLoad'] as const).filter(
      (name) => timeouts[name] !== undefined && timeouts[name] !== this.#timeouts[name],
    );
    if (changes.length === 0) return;
    // Before the answer: where there is none, it may have changed.
    this.#timeouts = { ...this.#timeouts, ...timeouts };
    await this.commands.setTimeouts(Object.fromEntries(changes.map((name) => [name, Math.round(timeouts[name] ?? 0)])));
  }

  async #look(): Promise<Found> {
    const window = await this.commands.window();
    this.#current = window;
    const timeouts = await this.commands.timeouts();
    this.#timeouts = timeouts;
    const hasDialog = window !== undefined && (await this.commands.hasDialog());
    const path = window === undefined || hasDialog ? [] : await this.#framePath();
    return { window, hasDialog, path, timeouts };
  }

  async #framePath(): Promise<number[]> {
    try {
      await this.limit({ script: LOOK_MS });
      return (await this.commands.call(FRAME_PATH, [], LOOK_MS)) as number[];
    } catch {
      // The frame is gone, or its page busy or spoilt: the protocol has no other way to tell.
      return [];
    }
  }

  async #putBack(): Promise<void> {
    const found = this.#found;
    this.#found = undefined;
    if (found === undefined) return;
    // A session or window that is gone cannot be put back; whoever called hears of it from the call itself.
    await this.onIdle().catch(() => undefined);
    await this.#restore(found).catch(() => undefined);
  }

  async #restore({ window, hasDialog, path, timeouts }: Found): Promise<void> {
    const { script, pageLoad } = timeouts;
    if (this.#timeouts.script !== script || this.#timeouts.pageLoad !== pageLoad) {
      const known = { ...(script === undefined ? {} : { script }), ...(pageLoad === undefined ? {} : { pageLoad }) };
      await this.commands.setTimeouts(known);
    }
    if (window === undefined) return;
    if (this.#current !== window) await this.commands.switchTo(window, LOOK_MS);
    if (hasDialog) return;
    await this.commands.toTop();
    for (const index of path) if (!(await this.commands.toFrame(index))) return;
  }
}
