/**
 * sessionStorage as tabs show it: the browser gives it away only while a page of its origin stands in the tab, so what is there is read
 * then, and followed. Kept in memory, for first-party origins, as long as the driver is open. Knows nothing of frames below other sites.
 */
import { originOf, toWireString } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import { unheeded } from '../../unheeded.js';
import type { SeenArea } from '../tab-memory.js';
import { framesOf } from './frame-tree.js';
import type { Target } from './target.js';
import type { TargetInfo } from './targets.js';
import type { CdpEvent } from './transport.js';

type Change = (items: Map<string, string>) => void;

interface Area {
  items: Map<string, string>;
  /** Nothing of it can be missing: it was read, or the tab had not been there before. */
  isWhole: boolean;
  /** A list for each reading under way, of the changes that came meanwhile. */
  readonly meanwhile: Set<Change[]>;
}

interface SeenTab {
  /** By storage key. */
  readonly areas: Map<string, Area>;
  /** Origins of the history that the tab had before it was watched, once it has told them. */
  readonly before: Set<string>;
  hasTold: boolean;
}

export class SeenStorage {
  readonly #tabs = new Map<string, SeenTab>();
  /** The target above a frame of its own process. */
  readonly #above = new Map<string, string | undefined>();

  /** Begins to follow a tab, or a frame of it that has a process of its own. Rejects as calls to a target do. */
  async begin(target: Target, info: TargetInfo, timeoutMs: number): Promise<void> {
    this.#above.set(target.id, info.type === 'iframe' ? info.parentId : undefined);
    if (info.type === 'page') this.#tabs.set(target.id, this.#copyOf(info));
    target.onEvent((event) => this.#onEvent(target, event));
    // Sent with the rest: nobody need wait for one call after the other.
    const mainKey = unheeded(this.#keyOf(target, target.id, timeoutMs));
    const [, history, { frameTree }] = await Promise.all([
      target.send('DOMStorage.enable', {}, timeoutMs),
      info.type === 'page' ? target.send('Page.getNavigationHistory', {}, timeoutMs) : undefined,
      target.send('Page.getFrameTree', {}, timeoutMs),
    ]);
    const tab = this.#tabs.get(target.id);
    if (tab !== undefined && history !== undefined) {
      const origins = history.entries.map(({ url }) => originOf(url)).filter((origin) => origin !== undefined);
      for (const origin of origins) tab.before.add(origin);
      tab.hasTold = true;
    }
    const reading = framesOf(frameTree).map(async ({ id }) => {
      const key = id === target.id ? mainKey : this.#keyOf(target, id, timeoutMs);
      await this.#read(target, await key, timeoutMs);
    });
    // Frames of opaque origins have no storage to read, and others are gone.
    await Promise.allSettled(reading);
  }

  /** Whether the tab had been nowhere when it began to be followed. False for one that does not tell. */
  wasNew(tabId: string): boolean {
    const tab = this.#tabs.get(tabId);
    return tab?.hasTold === true && tab.before.size === 0;
  }

  /** What is known for sure. Origins in the order in which the tab showed them. */
  areas(tabId: string): SeenArea[] {
    const areas = [...(this.#tabs.get(tabId)?.areas ?? [])].filter(([, { isWhole }]) => isWhole);
    return areas.map(([key, { items }]) => ({
      origin: key.slice(0, -1),
      items: Array.from(items, ([name, value]) => ({ name: toWireString(name), value: toWireString(value) })),
    }));
  }

  forget(targetId: string): void {
    this.#tabs.delete(targetId);
    this.#above.delete(targetId);
  }

  /** A tab that another one opened begins with a copy of its storage (HTML, section 7.3.1.3), unless it cannot reach its opener. */
  #copyOf({ openerId, canAccessOpener }: TargetInfo): SeenTab {
    const opener = canAccessOpener ? this.#tabs.get(openerId ?? '') : undefined;
    const copies = [...(opener?.areas ?? [])].map(([key, { items, isWhole }]): [string, Area] => {
      return [key, { items: new Map(items), isWhole, meanwhile: new Set() }];
    });
    return { areas: new Map(copies), before: new Set(opener?.before), hasTold: false };
  }

  #onEvent(target: Target, { method, params }: CdpEvent): void {
    if (method === 'Page.frameNavigated') {
      const { frame } = params as Protocol.Page.FrameNavigatedEvent;
      // A page that leaves at once is gone before a second call: its key is known without being asked for.
      const origin = frame.parentId === undefined ? originOf(frame.url) : undefined;
      const reading = origin === undefined ? this.#readFrame(target, frame.id) : this.#read(target, `${origin}/`);
      // The page of an error is no document of the address, which still becomes an entry of the history.
      if (frame.parentId === undefined) this.#area(target, `${originOf(frame.unreachableUrl ?? '')}/`);
      reading.catch(() => undefined); // of a page that has gone: what is known of it stays
    } else if (method.startsWith('DOMStorage.')) {
      const { storageId } = params as Protocol.DOMStorage.DomStorageItemsClearedEvent;
      if (!storageId.isLocalStorage) this.#change(target, storageId.storageKey ?? '', changeOf(params));
    }
  }

  #change(target: Target, key: string, change: Change): void {
    const area = this.#area(target, key);
    if (area === undefined) return;
    change(area.items);
    for (const changes of area.meanwhile) changes.push(change);
  }

  async #readFrame(target: Target, frameId: string): Promise<void> {
    await this.#read(target, await this.#keyOf(target, frameId));
  }

  async #keyOf(target: Target, frameId: string, timeoutMs?: number): Promise<string> {
    return (await target.send('Storage.getStorageKey', { frameId }, timeoutMs)).storageKey;
  }

  async #read(target: Target, key: string, timeoutMs?: number): Promise<void> {
    const area = this.#area(target, key);
    if (area === undefined) return;
    const changes: Change[] = [];
    area.meanwhile.add(changes);
    try {
      const storageId = { storageKey: key, isLocalStorage: false };
      const { entries } = await target.send('DOMStorage.getDOMStorageItems', { storageId }, timeoutMs);
      area.items = new Map(entries as [string, string][]);
      // Those that the reading has seen already come to the same once more.
      for (const change of changes) change(area.items);
      area.isWhole = true;
    } finally {
      area.meanwhile.delete(changes);
    }
  }

  /** Undefined for what is not first-party, and for tabs that have gone. */
  #area(target: Target, key: string): Area | undefined {
    const tab = this.#tabOf(target.id);
    const origin = key.slice(0, -1);
    if (tab === undefined || originOf(origin) !== origin) return undefined;
    let area = tab.areas.get(key);
    if (area === undefined) {
      area = { items: new Map(), isWhole: !tab.before.has(origin), meanwhile: new Set() };
      tab.areas.set(key, area);
    }
    return area;
  }

  #tabOf(targetId: string): SeenTab | undefined {
    let at: string | undefined = targetId;
    for (let depth = 0; at !== undefined && depth < this.#above.size; depth++) {
      const tab = this.#tabs.get(at);
      if (tab !== undefined) return tab;
      at = this.#above.get(at);
    }
    return undefined;
  }
}

function changeOf(params: unknown): Change {
  const { key, newValue } = params as Partial<Protocol.DOMStorage.DomStorageItemAddedEvent>;
  if (key === undefined) return (items) => items.clear();
  return newValue === undefined ? (items) => void items.delete(key) : (items) => void items.set(key, newValue);
}
