/** CONTRACT of preloading: a script that runs in the page's own world before the page's own. Knows nothing of what it does there. */
import { PspError } from '@psp/protocol';
import type { CallOptions } from './driver.js';

/** Of a browser whose `features.preload` is true; elsewhere it throws UNSUPPORTED. */
export interface Preload {
  /**
   * Runs `source`, a script, at once in every document of the context, and from then on first of all in every new document, frame and
   * dedicated worker, as long as the driver is open. A tab that a page opens may run scripts of its first document before. Resolves
   * when the tabs that are open have it. Throws TIMEOUT and BROWSER_GONE.
   */
  install(source: string, options: CallOptions): Promise<void>;
}

export const NO_PRELOAD: Preload = {
  async install() {
    throw new PspError(
      'UNSUPPORTED',
      'This browser takes no script before those of a page. Leave `keys: "exportable"` out, or use Chromium.',
    );
  },
};
