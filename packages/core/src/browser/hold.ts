/** CONTRACT of holding documents: a site's own pages wait until its storage is there. Knows nothing of what is written. */
import { PspError } from '@psp/protocol';

export interface HoldOptions {
  /** ASCII origins whose documents, and whatever else of them a page asks for first, are held. */
  readonly origins: readonly string[];
  /**
   * Called once for each origin, when something of it is wanted for the first time. The request goes on when the promise settles, be it
   * by a rejection, which the caller has dealt with.
   */
  readonly onFirst: (origin: string) => Promise<void>;
  /** Milliseconds for a call to the browser that nothing should block. */
  readonly timeoutMs: number;
}

/** A hold under way. */
export interface Hold {
  /** The origin is held no longer: its storage stands, or was given up. */
  release(origin: string): Promise<void>;
  /** Ends the hold; what waits goes on. Never throws, safe to call twice. */
  end(): Promise<void>;
}

/** Of a browser whose `features.hold` is true; elsewhere it throws UNSUPPORTED. */
export interface DocumentHold {
  /** Resolves when every tab of the context, those to come included, is held. */
  hold(options: HoldOptions): Promise<Hold>;
}

export const NO_HOLD: DocumentHold = {
  async hold() {
    throw new PspError('UNSUPPORTED', 'This browser cannot hold documents back. Restore with `speed: "eager"`.');
  },
};
