/** Turns a Stagehand instance into a driver: one client more at the CDP address of its browser. */
import { connectCdp, SessionAdapter, type AdapterOptions, type BrowserDriver } from '@psp/core';
import { addressOf, type StagehandInstance } from './instance.js';

export interface StagehandAdapterOptions extends AdapterOptions {
  /**
   * Sent with the connection to the browser. Needed only where Stagehand itself was given such (`cdpHeaders` of Stagehand 3,
   * `headers` of `localBrowser.connect` in 4), since an instance does not tell them.
   */
  readonly headers?: Record<string, string>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Captures and restores the browser of a Stagehand instance, version 3 or 4. The tab on which Stagehand acts is the session's
 * active one. No model is asked, so no key of one is needed.
 *
 * ```js
 * const adapter = new StagehandAdapter();
 * const session = await adapter.createSession(stagehand, { name: 'my-auth-session' });
 * ```
 */
export class StagehandAdapter extends SessionAdapter<StagehandInstance> {
  readonly #headers: Record<string, string> | undefined;

  constructor({ headers, ...options }: StagehandAdapterOptions = {}) {
    super(options);
    this.#headers = headers;
  }

  protected override openDriver(instance: StagehandInstance): Promise<BrowserDriver> {
    const headers = this.#headers === undefined ? {} : { headers: this.#headers };
    return openStagehandDriver(instance, { timeoutMs: this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS, ...headers });
  }
}

/** The driver of an instance's browser. Throws what `addressOf` and `connectCdp` throw. */
export async function openStagehandDriver(
  instance: StagehandInstance,
  options: { timeoutMs: number; headers?: Record<string, string> },
): Promise<BrowserDriver> {
  const { url, targetId } = await addressOf(instance, options.timeoutMs);
  const primary = targetId === undefined ? { onlyTabIsPrimary: true } : { primaryTargetId: targetId };
  return connectCdp(url, { ...options, ...primary, framework: 'stagehand' });
}
