/** The helper tabs of one driver: opened hidden where the browser has that, known from the user's, and closed with it, those on their way included. */
import { PspError } from '@psp/protocol';
import type { Offer } from '../driver.js';
import type { HelperTabs } from './driver-options.js';
import { Offers } from './offers.js';
import { isRefusal } from './refusal.js';
import type { Targets } from './targets.js';
import { CdpRefusal } from './transport.js';

export interface HiddenTab {
  readonly targetId: string;
  readonly close: () => Promise<void>;
}

export class Helpers {
  readonly #open = new Set<string>();
  readonly #creating = new Set<Promise<unknown>>();
  readonly #offers: Offers;
  /** Tabs in which blank pages can fetch what is offered. */
  readonly #fetching = new Set<string>();
  #isClosed = false;

  constructor(
    readonly targets: Targets,
    readonly kind: HelperTabs,
  ) {
    this.#offers = new Offers(targets);
  }

  has(targetId: string): boolean {
    return this.#open.has(targetId);
  }

  /** A tab for blank pages, which can fetch what is offered where nobody else sees them do so. */
  async open(): Promise<string> {
    // The browser works on calls in order: this is done when the tab is there.
    const offering = this.kind === 'hidden' ? this.#offers.begin() : undefined;
    let targetId: string | undefined;
    try {
      targetId = await this.#createHidden();
    } catch (error) {
      if (!isRefusal(error)) throw error;
    } finally {
      if (await offering) {
        if (targetId === undefined) await this.#offers.end();
        else this.#fetching.add(targetId);
      }
    }
    // Older browsers have no hidden targets, and a browser without any page refuses them.
    return targetId ?? this.#create({ background: true });
  }

  /** Throws UNSUPPORTED, as a refusal of the browser's, where it has none. */
  async openHidden(): Promise<HiddenTab> {
    const targetId = await this.#createHidden();
    return { targetId, close: () => this.close(targetId) };
  }

  async close(targetId: string): Promise<void> {
    this.#open.delete(targetId);
    const wasFetching = this.#fetching.delete(targetId);
    try {
      await this.targets.send('Target.closeTarget', { targetId });
    } finally {
      if (wasFetching) await this.#offers.end();
    }
  }

  /** Never throws. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#creating);
    // A browser that is gone has no helper tabs left to close.
    await Promise.allSettled(Array.from(this.#open, (targetId) => this.close(targetId)));
  }

  /** Lays a body out for the blank page in the main frame of a helper tab, whose id is the tab's. */
  offer(frameId: string, body: Uint8Array): Offer | undefined {
    return this.#fetching.has(frameId) ? this.#offers.offer(body) : undefined;
  }

  isOffered(url: string): boolean {
    return this.#offers.has(url);
  }

  /** Throws UNSUPPORTED, as a refusal of the browser's, where hidden tabs are of no use. */
  async #createHidden(): Promise<string> {
    if (this.kind !== 'shown') return this.#create({ hidden: true });
    const cause = new CdpRefusal('Target.createTarget', 'hidden tabs do not load beside WebDriver BiDi');
    throw new PspError('UNSUPPORTED', 'The browser has no hidden tabs beside WebDriver BiDi.', { cause });
  }

  async #create(kind: { hidden?: boolean; background?: boolean }): Promise<string> {
    if (this.#isClosed) throw new PspError('BROWSER_GONE', 'The driver was closed.');
    const target = { url: 'about:blank', ...this.targets.context(), ...kind };
    const creating = this.targets.send('Target.createTarget', target);
    this.#creating.add(creating);
    try {
      const { targetId } = await creating;
      this.#open.add(targetId);
      return targetId;
    } finally {
      this.#creating.delete(creating);
    }
  }
}
