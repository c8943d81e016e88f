/** Preloading by CDP: each tab gets a session of its own for it, since what a session attaches to by itself is set once for all. */
import type { Protocol } from 'devtools-protocol';
import type { CallOptions } from '../driver.js';
import type { Preload } from '../preload.js';
import { Target } from './target.js';
import type { Targets } from './targets.js';
import type { CdpEvent } from './transport.js';

/** What a session attaches to by itself: frames in processes of their own, and workers. They wait until they have the script. */
const ATTACH: Protocol.Target.SetAutoAttachRequest = {
  autoAttach: true,
  waitForDebuggerOnStart: true,
  // Their messages travel inside those of the session above, whatever the connection routes.
  flatten: false,
};

interface Attached {
  readonly sessionId: string;
  readonly targetInfo: { readonly type: string };
}

/** Sends a command to a session, or to one below it. Nobody waits for an answer. */
type Post = (method: string, params: object) => void;

export class CdpPreload implements Preload {
  readonly #targets: Targets;
  readonly #sources: string[] = [];
  /** How to reach the sessions below those of tabs. */
  readonly #below = new Map<string, Post>();

  constructor(targets: Targets) {
    this.#targets = targets;
  }

  async install(source: string, { timeoutMs }: CallOptions): Promise<void> {
    const isFirst = this.#sources.push(source) === 1;
    if (isFirst)
      this.#targets.onOpened(({ targetId, type }) => {
        // One that closes at once has no page to equip.
        if (type === 'page') this.#equip(targetId, timeoutMs).catch(() => undefined);
      });
    const tabs = (await this.#targets.list()).filter(({ type }) => type === 'page');
    // A tab that crashed or closes meanwhile has no page to equip; one that is blocked gets the script when it goes on.
    await Promise.allSettled(tabs.map(({ targetId }) => this.#equip(targetId, timeoutMs)));
  }

  async #equip(targetId: string, timeoutMs: number): Promise<void> {
    const { transport } = this.#targets;
    const target = await Target.attach(targetId, transport, { timeoutMs, onDetached: () => undefined });
    const post: Post = (method, params) => {
      // The tab may close at any time.
      target.send(method as 'Page.enable', params as never).catch(() => undefined);
    };
    target.onEvent((event) => this.#onEvent(event, post));
    await Promise.all([
      target.send('Page.enable', {}),
      ...this.#sources.map((source) =>
        target.send('Page.addScriptToEvaluateOnNewDocument', { source, runImmediately: true }),
      ),
      target.send('Target.setAutoAttach', ATTACH),
    ]);
  }

  #onEvent({ method, params }: Pick<CdpEvent, 'method' | 'params'>, post: Post): void {
    if (method === 'Target.attachedToTarget') this.#equipBelow(params as Attached, post);
    if (method === 'Target.detachedFromTarget') this.#below.delete((params as Attached).sessionId);
    if (method !== 'Target.receivedMessageFromTarget') return;
    const { sessionId, message } = params as { sessionId: string; message: string };
    const below = this.#below.get(sessionId);
    // Answers, and what else a target tells, are not read.
    if (below === undefined || !/^\{"method":"(?:Target|Debugger)\./.test(message)) return;
    const event = JSON.parse(message) as CdpEvent;
    if (event.method === 'Debugger.paused') this.#runInWorker(below);
    else this.#onEvent(event, below);
  }

  #runInWorker(post: Post): void {
    for (const source of this.#sources) post('Runtime.evaluate', { expression: source });
    // Lets it go on.
    post('Debugger.disable', {});
  }

  #equipBelow({ sessionId, targetInfo }: Attached, above: Post): void {
    let id = 0;
    const post: Post = (method, params) =>
      above('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: ++id, method, params }) });
    this.#below.set(sessionId, post);
    if (targetInfo.type === 'iframe') {
      post('Page.enable', {});
      for (const source of this.#sources)
        post('Page.addScriptToEvaluateOnNewDocument', { source, runImmediately: true });
      post('Target.setAutoAttach', ATTACH);
    }
    if (targetInfo.type === 'worker') {
      // One that runs has all it needs. One that waits has no interfaces of secure contexts yet; it has them before its first script.
      for (const source of this.#sources) post('Runtime.evaluate', { expression: source });
      post('Debugger.enable', {});
      post('Debugger.setInstrumentationBreakpoint', { instrumentation: 'beforeScriptExecution' });
      post('Target.setAutoAttach', ATTACH);
    }
    post('Runtime.runIfWaitingForDebugger', {});
  }
}
