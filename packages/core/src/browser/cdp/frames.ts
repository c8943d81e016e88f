/** The frames of Chromium: which there are below a target, and where page code runs in each. Knows nothing of tabs. */
import { PspError } from '@psp/protocol';
import type { Frame } from '../driver.js';
import { framesOf } from './frame-tree.js';
import { callIn, isolatedWorld } from './page-code.js';
import { isRefusal } from './refusal.js';
import { parseStorageKey } from './storage-key.js';
import type { Target } from './target.js';

export interface PageCall {
  readonly source: string;
  readonly argument: string;
  readonly timeoutMs: number;
}

export class Frames {
  /** Which target a frame lives in: a tab's own, or that of an out-of-process frame. */
  readonly #target = new Map<string, Target>();
  /** The isolated world of a blank page. It lives until we leave the page, so it need not be made for each call. */
  readonly #world = new Map<string, number>();

  /** A blank page, and our world in it. */
  addBlank(frameId: string, target: Target, executionContextId: number): void {
    this.#target.set(frameId, target);
    this.#world.set(frameId, executionContextId);
  }

  /** The blank page gives way to another document. */
  left(frameId: string): void {
    this.#world.delete(frameId);
  }

  /** Lets go of frames whose target has ended. */
  prune(): void {
    for (const [id, target] of this.#target) {
      if (!target.ended) continue;
      this.#target.delete(id);
      this.#world.delete(id);
    }
  }

  /** Throws BROWSER_GONE when the frame is not there any more. */
  async call(frameId: string, { source, argument, timeoutMs }: PageCall): Promise<string> {
    const target = this.#target.get(frameId);
    if (target === undefined) throw new PspError('BROWSER_GONE', 'The frame is no longer there.');
    try {
      const world = this.#world.get(frameId) ?? (await isolatedWorld(target, frameId, timeoutMs));
      return await callIn(target, world, source, argument, timeoutMs);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      throw new PspError('BROWSER_GONE', 'The page went elsewhere meanwhile.', { cause: error });
    }
  }

  /** The frames of one target's own process, its root first. */
  async listIn(target: Target, timeoutMs: number): Promise<Frame[]> {
    const { frameTree } = await target.send('Page.getFrameTree', {}, timeoutMs);
    const frames: Frame[] = [];
    for (const { id, url } of framesOf(frameTree)) frames.push(await this.#frame(target, id, url, timeoutMs));
    return frames;
  }

  async #frame(target: Target, id: string, url: string, timeoutMs: number): Promise<Frame> {
    this.#target.set(id, target);
    try {
      const { storageKey } = await target.send('Storage.getStorageKey', { frameId: id }, timeoutMs);
      const { partition, ...key } = parseStorageKey(storageKey);
      return { id, url, ...key, ...(partition === undefined ? {} : { partition }) };
    } catch (error) {
      // The browser refuses to name a key for opaque origins.
      if (isRefusal(error)) return { id, origin: undefined, url, firstParty: true };
      throw error;
    }
  }
}
