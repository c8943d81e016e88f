/**
 * A blank frame below another site: its storage is that of the partition. The tab stands on a blank page of the top-level site, and
 * the frame is put below it; nothing is asked of the network. Knows nothing of what is stored.
 */
import { isOrigin, PspError } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import type { PartitionedPlace } from '../driver.js';
import type { BlankTab } from './blank.js';
import { answer, AROUND_PATH, asksForBlank, BLANK_PATH } from './blank-page.js';
import { framesOf } from './frame-tree.js';
import { isolatedWorld } from './page-code.js';
import { areAlike, isOfPartition, parseStorageKey } from './storage-key.js';
import type { Target } from './target.js';
import type { Targets } from './targets.js';

/** A document, and a world of ours in it. */
export interface BlankFrame {
  readonly target: Target;
  readonly frameId: string;
  readonly executionContextId: number;
}

/** No host has this name (RFC 6761, section 6.4), so it is of another site than any frame. */
const BETWEEN_HOST = 'psp-between.invalid';

/** Gives the frame's element once the frame has loaded. */
const ADD_FRAME = `async (url) => {
  if (document.readyState !== 'complete') await new Promise((done) => addEventListener('load', done));
  const frame = document.createElement('iframe');
  const loaded = new Promise((done) => frame.addEventListener('load', done));
  frame.src = url;
  document.documentElement.append(frame);
  await loaded;
  return frame;
}`;

export class PartitionedBlank {
  constructor(
    readonly blank: BlankTab,
    readonly targets: Targets,
  ) {}

  /**
   * Gives the frame, and the partition by the browser's own name of it. Throws BROWSER_UNREACHABLE where the browser opens no such
   * frame, or gives it other storage.
   */
  async visit({ origin, partition }: PartitionedPlace, timeoutMs: number): Promise<BlankFrame & PartitionedPlace> {
    const { topLevelSite } = partition;
    if (!isOrigin(topLevelSite)) throw unreachable(`${topLevelSite} is no site of the web.`);
    // A frame of the tab's own site is there only below one of another. In between any other frame, that one changes nothing.
    const below = areAlike(origin, topLevelSite) ? [between(topLevelSite), origin] : [origin];
    const top = await this.blank.visitAround(topLevelSite, below, timeoutMs);
    let frame: BlankFrame = { target: this.blank.target, ...top };
    try {
      for (const each of below) frame = await this.#add(frame, each, { isLast: each === origin, below, timeoutMs });
      const { frameId } = frame;
      const { storageKey } = await frame.target.send('Storage.getStorageKey', { frameId }, timeoutMs);
      if (isOfPartition(storageKey, origin, partition)) {
        return { ...frame, origin, partition: parseStorageKey(storageKey).partition ?? partition };
      }
    } catch (error) {
      // Such as an error page in place of the frame, which has no storage.
      if (!(error instanceof PspError) || error.code !== 'UNSUPPORTED') throw error;
      throw unreachable(`It would not open ${origin} below ${topLevelSite}.`, error);
    }
    throw unreachable(`It keeps no storage of its own for ${origin} below ${topLevelSite}.`);
  }

  async #add(above: BlankFrame, origin: string, { isLast, below, timeoutMs }: AddOptions): Promise<BlankFrame> {
    // Requests of an out-of-process frame for frames below it are its own target's.
    if (above.target !== this.blank.target) await intercept(above.target, below, timeoutMs);
    const call = { functionDeclaration: ADD_FRAME, executionContextId: above.executionContextId, awaitPromise: true };
    const url = `${origin}${isLast ? BLANK_PATH : AROUND_PATH}`;
    const withUrl = { ...call, arguments: [{ value: url }] };
    const { result } = await above.target.send('Runtime.callFunctionOn', withUrl, timeoutMs);
    const objectId = result.objectId ?? '';
    const { node } = await above.target.send('DOM.describeNode', { objectId }, timeoutMs);
    const frameId = node.frameId ?? '';
    const target = await this.#targetOf(above.target, frameId, timeoutMs);
    return { target, frameId, executionContextId: await isolatedWorld(target, frameId, timeoutMs) };
  }

  /** A frame is a target of its own where the browser puts sites into processes of their own, as it mostly does. */
  async #targetOf(above: Target, frameId: string, timeoutMs: number): Promise<Target> {
    const { frameTree } = await above.send('Page.getFrameTree', {}, timeoutMs);
    return framesOf(frameTree).some(({ id }) => id === frameId) ? above : this.targets.open(frameId);
  }
}

interface AddOptions {
  readonly isLast: boolean;
  /** Origins of the blank documents below the tab's. */
  readonly below: readonly string[];
  readonly timeoutMs: number;
}

/** Holds until the target, a frame of ours, is gone. */
async function intercept(target: Target, origins: readonly string[], timeoutMs: number): Promise<void> {
  target.onEvent(({ method, params }) => {
    if (method !== 'Fetch.requestPaused') return;
    const paused = params as Protocol.Fetch.RequestPausedEvent;
    answer(target, paused, asksForBlank(paused, origins) ? 'blank' : 'fail');
  });
  await Promise.all([
    target.send('Network.enable', {}, timeoutMs),
    target.send('Network.setBypassServiceWorker', { bypass: true }, timeoutMs),
    target.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }, timeoutMs),
  ]);
}

/** A secure page would not open a frame that is not. */
const between = (topLevelSite: string): string => `${new URL(topLevelSite).protocol}//${BETWEEN_HOST}`;

function unreachable(message: string, cause?: unknown): PspError {
  return new PspError('BROWSER_UNREACHABLE', `The browser has no such partition: ${message}`, { cause });
}
