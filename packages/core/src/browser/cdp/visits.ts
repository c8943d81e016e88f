/** Where documents have been seen: origins that were first-party, and places below other sites. Knows nothing of what they keep. */
import { setTimeout as sleep } from 'node:timers/promises';
import { originOf, PspError, storageIdentity } from '@psp/protocol';
import type { PartitionedPlace } from '../driver.js';
import { isBlankUrl } from './blank-page.js';
import { areAlike, parseStorageKey, siteOf } from './storage-key.js';

/** The browser learns of a document within milliseconds after its frame did; so often and so long it is asked. */
const POLL_MS = 10;
const ASKS = 10;

/** The main frame of a tab has no parent. */
export interface SeenFrame {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly url: string;
}

export class Visits {
  readonly #frames = new Map<string, SeenFrame>();
  readonly #firstParty = new Set<string>();
  readonly #places = new Map<string, PartitionedPlace>();
  /** Of frames that were gone before the browser told where they are. */
  readonly #guesses = new Map<string, PartitionedPlace>();
  readonly #asking = new Set<Promise<void>>();
  #onFirst: (() => void) | undefined;

  /** Tells of the first that comes from now on. */
  onFirst(listener: () => void): void {
    this.#onFirst = listener;
  }

  /** A document of a frame; blank ones of ours are no visits of the user's. Below a tab the browser tells its storage key: `storageKey` rejects with PspError. */
  note(frame: SeenFrame, storageKey: () => Promise<string>): void {
    this.#frames.set(frame.id, frame);
    const origin = originOf(frame.url);
    if (origin === undefined || isBlankUrl(frame.url)) return;
    if (frame.parentId === undefined) this.#firstParty.add(origin);
    else this.#ask(origin, this.#topOf(frame), storageKey);
    this.#onFirst?.();
    this.#onFirst = undefined;
  }

  forget(frameId: string): void {
    this.#frames.delete(frameId);
  }

  /** Resolves when all frames that were noted until now are placed. */
  async settled(): Promise<void> {
    await Promise.all(this.#asking);
  }

  firstParty(): string[] {
    return [...this.#firstParty];
  }

  places(): PartitionedPlace[] {
    // Where no frame had a place of its own, the browser was started so that none has.
    const guesses = this.#places.size === 0 ? [] : this.#guesses;
    return [...new Map([...guesses, ...this.#places]).values()];
  }

  /** Origins of frames that may have been below another site, and may have been first-party. */
  unplaced(): string[] {
    return [...new Set([...this.#guesses.values()].map(({ origin }) => origin))];
  }

  #ask(origin: string, top: string | undefined, storageKey: () => Promise<string>): void {
    const settled = this.#placed(origin, storageKey)
      .catch((error: unknown) => {
        if (!(error instanceof PspError)) throw error;
        // What the browser refuses to name, of a sandboxed frame, is no storage. Other frames are gone.
        return isOpaque(error);
      })
      .then((isKnown) => {
        if (!isKnown) this.#guess(origin, top);
        return void this.#asking.delete(settled);
      });
    this.#asking.add(settled);
  }

  /** False when the browser does not tell of this document: it may lag behind the frame, or the frame is elsewhere by now. */
  async #placed(origin: string, storageKey: () => Promise<string>): Promise<boolean> {
    for (let asked = 1; ; asked++) {
      const { partition, firstParty, ...key } = parseStorageKey(await storageKey());
      if (key.origin === origin) {
        if (firstParty) this.#firstParty.add(origin);
        // A partition that only this browser can name is not kept.
        else if (partition !== undefined)
          this.#places.set(storageIdentity({ origin, partition }), { origin, partition });
        return true;
      }
      if (asked === ASKS) return false;
      await sleep(POLL_MS, undefined, { ref: false });
    }
  }

  #guess(origin: string, top: string | undefined): void {
    if (top === undefined || areAlike(origin, top)) {
      this.#firstParty.add(origin);
      return;
    }
    const partition = { topLevelSite: siteOf(top), hasCrossSiteAncestor: true };
    this.#guesses.set(storageIdentity({ origin, partition }), { origin, partition });
  }

  /** The origin of the tab that the frame is in. */
  #topOf(frame: SeenFrame): string | undefined {
    let at: SeenFrame | undefined = frame;
    for (let depth = 0; at?.parentId !== undefined && depth < this.#frames.size; depth++) {
      at = this.#frames.get(at.parentId);
    }
    return at?.parentId === undefined ? originOf(at?.url ?? '') : undefined;
  }
}

/** The browser says in words only whether a frame is opaque or gone. */
const isOpaque = ({ cause }: PspError): boolean => cause instanceof Error && cause.message.includes('opaque');
