/** Our own session with one target (a tab or an out-of-process frame): calls, events, and its end. */
import { PspError } from '@psp/protocol';
import type { Answer, Method, Params } from './method.js';
import { within, type CdpEvent, type CdpTransport } from './transport.js';

export class Target {
  readonly #off: () => void;
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  /** Rejects when the target closes or crashes: whoever waits for an answer must not wait for ever. */
  readonly #ended: Promise<never>;
  #end: (error: PspError) => void = () => undefined;

  private constructor(
    readonly id: string,
    readonly transport: CdpTransport,
    readonly sessionId: string,
    readonly timeoutMs: number,
  ) {
    this.#ended = new Promise<never>((_, reject) => (this.#end = reject));
    // It may end while nobody waits; those who do wait get the rejection through their own race.
    this.#ended.catch(() => undefined);
    this.#off = transport.onEvent((event) => this.#onEvent(event));
  }

  static async attach(id: string, transport: CdpTransport, timeoutMs: number): Promise<Target> {
    const sessionId = await within(transport.attach(id), timeoutMs, 'Target.attachToTarget');
    const target = new Target(id, transport, sessionId, timeoutMs);
    // Tells of a crash, even of one before we came. A crashed target answers nothing, so nobody waits for this answer.
    target.send('Inspector.enable', {}).catch(() => undefined);
    return target;
  }

  send<M extends Method>(method: M, params: Params<M>, timeoutMs = this.timeoutMs): Promise<Answer<M>> {
    const answer = this.transport.send(method, params, this.sessionId) as Promise<Answer<M>>;
    return within(Promise.race([answer, this.#ended]), timeoutMs, method);
  }

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #onEvent(event: CdpEvent): void {
    if (event.sessionId === this.sessionId) {
      if (event.method === 'Inspector.targetCrashed') this.#end(new PspError('BROWSER_GONE', 'The tab crashed.'));
      for (const listener of this.#listeners) listener(event);
    } else if (event.method === 'Target.detachedFromTarget') {
      if ((event.params as { sessionId: string }).sessionId !== this.sessionId) return;
      this.#end(new PspError('BROWSER_GONE', 'The tab closed.'));
      this.#off();
    }
  }
}
