/** Which origins have documents in a target that no request announces: those that stand in it, and those to which a tab can go back. */
import { originOf } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import { onceOnPage } from './between-pages.js';
import { framesOf } from './frame-tree.js';
import { isRefusal } from './refusal.js';
import { parseStorageKey } from './storage-key.js';
import type { Target } from './target.js';

/** What is sent before in the same session is done when the target is looked at. Throws as calls to a target do. */
export async function originsIn(target: Target, isTab: boolean, timeoutMs: number): Promise<string[]> {
  const historyOf = async (): Promise<string[]> => {
    const ask = () => target.send('Page.getNavigationHistory', {}, timeoutMs);
    return (await onceOnPage(ask, timeoutMs)).entries.map(({ url }) => url);
  };
  const [{ frameTree }, urls, own] = await Promise.all([
    target.send('Page.getFrameTree', {}, timeoutMs),
    isTab ? historyOf() : [],
    // Sent with the rest, since a new tab stands on about:blank.
    storageOrigin(target, target.id, timeoutMs),
  ]);
  const named = async ({ id, url }: Protocol.Page.Frame): Promise<string | undefined> => {
    return originOf(url) ?? (id === target.id ? own : storageOrigin(target, id, timeoutMs));
  };
  const standing = await Promise.all(framesOf(frameTree).map(named));
  return [...urls.map(originOf), own, ...standing].filter((origin) => origin !== undefined);
}

/** Documents without an address of their own (about:blank, about:srcdoc) have the origin of whoever made them. Undefined where it is opaque. */
async function storageOrigin(target: Target, frameId: string, timeoutMs: number): Promise<string | undefined> {
  try {
    return parseStorageKey((await target.send('Storage.getStorageKey', { frameId }, timeoutMs)).storageKey).origin;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}
