/** Requests that the browser pauses whatever tab they come from. A session with the browser has one list of patterns, which all who want some share. */
import type { Protocol } from 'devtools-protocol';
import type { Answer, Method, Params } from './method.js';
import type { CdpEvent } from './transport.js';

type Paused = Protocol.Fetch.RequestPausedEvent;

/** Who wants some requests paused. */
export interface Interceptor {
  /** Which, as of now. */
  patterns(): Protocol.Fetch.RequestPattern[];
  takes(paused: Paused): boolean;
  /** Answers a request that it takes. */
  onPaused(paused: Paused): void;
}

/** The browser itself, as far as it is needed here. */
interface Browser {
  send<M extends Method>(method: M, params: Params<M>, timeoutMs?: number): Promise<Answer<M>>;
}

export class Interception {
  readonly #interceptors = new Set<Interceptor>();

  constructor(readonly browser: Browser) {}

  /** Resolves when the browser pauses what the interceptor wants: in documents that come after this, not in those that are there. */
  join(interceptor: Interceptor, timeoutMs: number): Promise<void> {
    this.#interceptors.add(interceptor);
    return this.apply(timeoutMs);
  }

  /** What it has not answered yet is still its own to answer: it goes on by itself only where nobody else wants anything paused. */
  leave(interceptor: Interceptor, timeoutMs: number): Promise<void> {
    this.#interceptors.delete(interceptor);
    return this.apply(timeoutMs);
  }

  /** Tells the browser of all patterns. Throws as a call to it does. */
  async apply(timeoutMs: number): Promise<void> {
    const patterns = [...this.#interceptors].flatMap((interceptor) => interceptor.patterns());
    if (patterns.length === 0) await this.browser.send('Fetch.disable', {}, timeoutMs);
    else await this.browser.send('Fetch.enable', { patterns }, timeoutMs);
  }

  /** Of events that are no tab's. */
  onEvent({ method, params }: CdpEvent): void {
    if (method !== 'Fetch.requestPaused') return;
    const paused = params as Paused;
    const taker = [...this.#interceptors].find((interceptor) => interceptor.takes(paused));
    if (taker !== undefined) return taker.onPaused(paused);
    // Nobody's any longer. It can end before its answer.
    this.browser.send('Fetch.continueRequest', { requestId: paused.requestId }).catch(() => undefined);
  }
}
