/** Calls to a BiDi session with a time limit and errors in our words, its events by name, and subscriptions that can be undone. */
import { within } from '../cdp/transport.js';
import { inOurWords } from './refusal.js';
import type { BidiTransport } from './transport.js';

export class Connection {
  readonly #listeners = new Map<string, Set<(params: never) => void>>();
  readonly #off: () => void;

  constructor(
    readonly transport: BidiTransport,
    /** Milliseconds for a call that nothing should block. */
    readonly timeoutMs: number,
  ) {
    this.#off = transport.onEvent(({ method, params }) => {
      for (const listener of this.#listeners.get(method) ?? []) listener(params as never);
    });
  }

  /** `T` is what the standard says of the answer. Throws TIMEOUT, BROWSER_GONE or UNSUPPORTED (the browser's refusal is the cause). */
  async send<T = unknown>(method: string, params: object, timeoutMs = this.timeoutMs): Promise<T> {
    try {
      return (await within(this.transport.send(method, params), timeoutMs, method)) as T;
    } catch (error) {
      throw inOurWords(error);
    }
  }

  /** Listens to one kind of event, and stops when the function that it gives is called. Subscribe to it as well. */
  on<P>(method: string, listener: (params: P) => void): () => void {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Asks the browser for events of the places named. What it gives ends this subscription alone, by its id: others of the session, the
   * user's too, go on. It rejects as `send` does.
   */
  async subscribe(
    events: readonly string[],
    where: { contexts?: readonly string[]; userContexts?: readonly string[] },
  ): Promise<() => Promise<void>> {
    const { subscription } = await this.send<{ subscription?: string }>('session.subscribe', { events, ...where });
    return async () => {
      // Without an id only whole kinds of events could be ended, which may be the user's.
      if (subscription !== undefined) await this.send('session.unsubscribe', { subscriptions: [subscription] });
    };
  }

  async close(): Promise<void> {
    this.#off();
    await this.transport.close();
  }
}
