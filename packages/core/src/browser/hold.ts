/** CONTRACT of holding documents: a site's own pages wait until its storage is there. Knows nothing of what is written. */
import { PspError } from '@psp/protocol';

export interface HoldOptions {
  /** ASCII origins whose documents, those in frames included, are held. */
  readonly origins: readonly string[];
  /**
   * Called once for each origin, when a document of it is wanted for the first time. The document goes on when the promise settles, be
   * it by a rejection, which the caller has dealt with. Called too when such a document appears that nothing asked the network for.
   */
  readonly onFirst: (origin: string) => Promise<void>;
  /** Milliseconds for a call to the browser that nothing should block. */
  readonly timeoutMs: number;
}

/** A hold under way. */
export interface Hold {
  /**
   * Those of the origins whose documents can come without a request, from a service worker, and so cannot be held. Rejects as `hold` throws;
   * nobody need listen.
   */
  readonly unheld: Promise<readonly string[]>;
  /**
   * Origins of documents that no request announces: those that stood when the hold began, and those to which a tab can go back. Undefined
   * where a tab does not tell: any origin may be there. Rejects and need be listened to as `unheld`.
   */
  readonly atHand: Promise<ReadonlySet<string> | undefined>;
  /** The origin is held no longer: its storage stands, or was given up. Never throws. */
  release(origin: string): Promise<void>;
  /** Ends the hold; what waits goes on. Never throws, safe to call twice. */
  end(): Promise<void>;
}

/** Of a browser whose `features.hold` is true; elsewhere it throws UNSUPPORTED. */
export interface DocumentHold {
  /**
   * Resolves when every tab of the context, those to come included, is held. Documents that are there already, or in a tab's history,
   * are not. Throws UNSUPPORTED when the browser will not.
   */
  hold(options: HoldOptions): Promise<Hold>;
}

export const NO_HOLD: DocumentHold = {
  async hold() {
    throw new PspError('UNSUPPORTED', 'This browser cannot hold documents back. Restore with `speed: "eager"`.');
  },
};
