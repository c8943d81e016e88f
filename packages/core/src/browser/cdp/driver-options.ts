/** What a driver of Chromium is opened with. */
import type { CdpTransport } from './transport.js';

/**
 * What helper tabs are: `hidden` ones that nobody sees; `listed`, hidden ones that the user's framework lists among its own; `shown`,
 * background tabs, where the browser serves WebDriver BiDi as well: then a hidden tab never loads anything.
 */
export type HelperTabs = 'hidden' | 'listed' | 'shown';

export interface CdpDriverOptions {
  readonly transport: CdpTransport;
  /** The context to work in; undefined only where the browser names none. */
  readonly browserContextId: string | undefined;
  /** The tab that the user handed over, if any. */
  readonly primaryTargetId?: string;
  /** Milliseconds for a call that nothing should block. */
  readonly timeoutMs: number;
  /** Default `hidden`. */
  readonly helpers?: HelperTabs;
}
