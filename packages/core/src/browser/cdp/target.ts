/** Our own session with one target (a tab or an out-of-process frame): calls, events, and its end. */
import { PspError } from '@psp/protocol';
import type { Answer, Method, Params } from './method.js';
import { inOurWords } from './refusal.js';
import { within, type CdpEvent, type CdpTransport } from './transport.js';

export class Target {
  readonly #off: () => void;
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  /** Calls under way: whoever waits must not wait for a target that has ended. */
  readonly #waiting = new Set<(error: PspError) => void>();
  #ended: PspError | undefined;

  private constructor(
    readonly id: string,
    readonly transport: CdpTransport,
    readonly sessionId: string,
    readonly timeoutMs: number,
    /** Called when the session is over for good. */
    readonly onDetached: () => void,
  ) {
    this.#off = transport.onEvent((event) => this.#onEvent(event));
  }

  static async attach(
    id: string,
    transport: CdpTransport,
    options: { timeoutMs: number; onDetached: () => void },
  ): Promise<Target> {
    const { flatten } = transport;
    const attaching = transport.send('Target.attachToTarget', { targetId: id, flatten }, undefined);
    const attached = await within(attaching, options.timeoutMs, 'Target.attachToTarget').catch(rethrow);
    const { sessionId } = attached as { sessionId: string };
    const target = new Target(id, transport, sessionId, options.timeoutMs, options.onDetached);
    // Makes the browser tell of crashes. A target that has crashed answers nothing, so nobody waits for this answer.
    target.send('Inspector.enable', {}).catch(() => undefined);
    return target;
  }

  /** Whether it has closed or crashed. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Throws TIMEOUT, BROWSER_GONE or UNSUPPORTED (the browser's refusal is the cause). */
  async send<M extends Method>(method: M, params: Params<M>, timeoutMs = this.timeoutMs): Promise<Answer<M>> {
    if (this.#ended !== undefined) throw this.#ended;
    let stop: (error: PspError) => void = () => undefined;
    const answer = new Promise<unknown>((resolve, reject) => {
      stop = reject;
      this.#waiting.add(stop);
      this.transport.send(method, params, this.sessionId).then(resolve, reject);
    });
    try {
      return (await within(answer, timeoutMs, method)) as Answer<M>;
    } catch (error) {
      throw inOurWords(error);
    } finally {
      this.#waiting.delete(stop);
    }
  }

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the session; the target goes on. Throws as `send` does. */
  async detach(): Promise<void> {
    const detaching = this.transport.send('Target.detachFromTarget', { sessionId: this.sessionId }, undefined);
    await within(detaching, this.timeoutMs, 'Target.detachFromTarget').catch(rethrow);
  }

  #onEvent(event: CdpEvent): void {
    if (event.sessionId === this.sessionId) {
      if (event.method === 'Inspector.targetCrashed') this.#end('The tab crashed.');
      // The session outlives a crash; a reload makes it answer again.
      if (event.method === 'Inspector.targetReloadedAfterCrash') this.#ended = undefined;
      for (const listener of this.#listeners) listener(event);
    } else if (event.method === 'Target.detachedFromTarget') {
      if ((event.params as { sessionId: string }).sessionId !== this.sessionId) return;
      this.#end('The tab closed.');
      this.#off();
      this.onDetached();
    }
  }

  #end(message: string): void {
    this.#ended = new PspError('BROWSER_GONE', message);
    for (const stop of this.#waiting) stop(this.#ended);
    this.#waiting.clear();
  }
}

function rethrow(error: unknown): never {
  throw inOurWords(error);
}
