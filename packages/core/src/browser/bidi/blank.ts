/** Blank documents: a tab under interception stands on any origin without network and without a line of the site's code. */
import { randomUUID } from 'node:crypto';
import { originOf, PspError } from '@psp/protocol';
import type { Connection } from './connection.js';
import { callPage } from './page-code.js';
import { refusalIn } from './refusal.js';

/** A path of our own, so that the blank page can be told from the site's pages. */
const PATH = '/__psp_blank__';

interface BlockedRequest {
  readonly context: string | null;
  readonly isBlocked: boolean;
  readonly intercepts?: readonly string[];
  readonly navigation: string | null;
  readonly request: { readonly request: string; readonly url: string };
}

/**
 * Runs before anything of a document. A service worker of the site answers in our place, before any interception; then the parser stops
 * here, and the document stays without a single element. It is on the origin all the same, which is all that is wanted of it.
 */
const STOP_WHAT_A_WORKER_SENT = '() => { if (navigator.serviceWorker?.controller) window.stop(); }';

/** Where the document is, and the mark that it bears: empty without an element, so that nothing of the site can have run. */
const LOOK = `() => {
  const root = document.documentElement;
  return JSON.stringify([self.origin, root === null ? "" : root.id || "unmarked"]);
}`;

/** One tab under interception; `end` gives it back. */
export class BlankTab {
  /** No page of a site can know it. */
  readonly #mark = randomUUID();
  readonly #undo: (() => Promise<unknown>)[] = [];
  #intercept: string | undefined;
  #wanted: string | undefined;
  /** A blank page of ours stands in the tab. Before that, what the tab asks for is still the user's. */
  #isBlank = false;

  constructor(
    readonly connection: Connection,
    readonly context: string,
  ) {}

  get isBlank(): boolean {
    return this.#isBlank;
  }

  static isAddress(url: string): boolean {
    return URL.canParse(url) && new URL(url).pathname === PATH;
  }

  /** Goes to a blank document of `origin`. Throws BROWSER_UNREACHABLE when anything else stands there then. */
  async visit(origin: string, timeoutMs: number): Promise<void> {
    this.#wanted = origin;
    if (this.#intercept === undefined) await this.#begin();
    const reason = await this.#navigate(`${origin}${PATH}`, 'interactive', timeoutMs);
    const look = { context: this.context, source: LOOK, argument: '', isSandboxed: true, timeoutMs };
    const found = await callPage(this.connection, look).catch(notThere);
    const [at, mark] = JSON.parse(found) as [string, string];
    this.#isBlank = at === origin && (mark === '' || mark === this.#mark);
    if (this.#isBlank) return;
    // Whatever it is, its code is not to run on.
    await this.#navigate('about:blank', 'none', timeoutMs);
    const why = reason ?? 'another document came';
    throw new PspError('BROWSER_UNREACHABLE', `The browser would not open ${origin}: ${why}.`);
  }

  /**
   * Stops intercepting and goes to `url`. Where no document comes of it (status 204, a download), the tab goes to about:blank and
   * BROWSER_UNREACHABLE is thrown.
   */
  async end(url: string, timeoutMs: number): Promise<void> {
    await this.#stop();
    await this.#navigate(url, 'none', timeoutMs);
    if (!(await this.#stands(timeoutMs))) return;
    await this.#navigate('about:blank', 'none', timeoutMs);
    throw new PspError('BROWSER_UNREACHABLE', `No document came from ${originOf(url) ?? 'the tab'}.`);
  }

  /** After a failure: lets the tab work again, and brings it back when it stands on a blank page. */
  async abandon(url: string, timeoutMs: number): Promise<void> {
    await this.#stop();
    if (await this.#stands(timeoutMs)) await this.#navigate(url, 'none', timeoutMs);
  }

  /** Gives the browser's reason where it refused, or stopped on its way; an error page, if any, then stands there. */
  async #navigate(url: string, wait: 'none' | 'interactive', timeoutMs: number): Promise<string | undefined> {
    try {
      await this.connection.send('browsingContext.navigate', { context: this.context, url, wait }, timeoutMs);
      return undefined;
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal === undefined || (error as PspError).code === 'BROWSER_GONE') throw error;
      return refusal.message;
    }
  }

  async #stands(timeoutMs: number): Promise<boolean> {
    const { contexts } = await this.connection.send<{ contexts: { url: string }[] }>(
      'browsingContext.getTree',
      { root: this.context, maxDepth: 0 },
      timeoutMs,
    );
    return contexts.some(({ url }) => BlankTab.isAddress(url));
  }

  async #begin(): Promise<void> {
    const { connection, context } = this;
    try {
      this.#listen();
      const events = ['network.beforeRequestSent', 'browsingContext.userPromptOpened'];
      this.#undo.push(await connection.subscribe(events, { contexts: [context] }));
      const preload = { functionDeclaration: STOP_WHAT_A_WORKER_SENT, contexts: [context], sandbox: 'psp' };
      const { script } = await connection.send<{ script: string }>('script.addPreloadScript', preload);
      this.#undo.push(() => connection.send('script.removePreloadScript', { script }));
      const phases = { phases: ['beforeRequestSent'], contexts: [context] };
      const { intercept } = await connection.send<{ intercept: string }>('network.addIntercept', phases);
      this.#undo.push(() => connection.send('network.removeIntercept', { intercept }));
      this.#intercept = intercept;
    } catch (error) {
      await this.#stop().catch(() => undefined); // the first failure is the one to tell
      throw error;
    }
  }

  async #stop(): Promise<void> {
    this.#isBlank = false;
    this.#intercept = undefined;
    for (const undo of this.#undo.splice(0).toReversed()) await undo();
  }

  #listen(): void {
    const offs = [
      this.connection.on('network.beforeRequestSent', (event: BlockedRequest) => this.#answer(event)),
      this.connection.on('browsingContext.userPromptOpened', (event: { context: string; type: string }) => {
        if (event.context !== this.context || event.type !== 'beforeunload') return;
        // The user handed the tab over to be restored. Somebody else may answer first; the navigation tells what came of it.
        this.#tell('browsingContext.handleUserPrompt', { context: this.context, accept: true });
      }),
    ];
    this.#undo.push(async () => offs.forEach((off) => off()));
  }

  #answer({ context, isBlocked, intercepts, navigation, request: { request, url } }: BlockedRequest): void {
    // Others may intercept too; theirs is theirs to answer.
    if (!isBlocked || this.#intercept === undefined || intercepts?.includes(this.#intercept) !== true) return;
    const isMain = navigation !== null && context === this.context;
    if (isMain && originOf(url) === this.#wanted) this.#tell('network.provideResponse', { request, ...this.#page() });
    else if (isMain || this.#isBlank) this.#tell('network.failRequest', { request });
    else this.#tell('network.continueRequest', { request });
  }

  /** A request can end before its answer; the navigation that waits for it tells of any real failure. */
  #tell(method: string, params: object): void {
    this.connection.send(method, params).catch(() => undefined);
  }

  /** The unload handler keeps the page out of the back/forward cache, whence it could come back instead of the site. */
  #page(): object {
    const header = (name: string, value: string): object => ({ name, value: { type: 'string', value } });
    const script = '<script>addEventListener("unload",()=>{})</script>';
    return {
      statusCode: 200,
      reasonPhrase: 'OK',
      headers: [header('content-type', 'text/html; charset=utf-8'), header('cache-control', 'no-store')],
      body: { type: 'string', value: `<!doctype html><html id="${this.#mark}"><title>psp</title>${script}` },
    };
  }
}

/** A document that cannot be asked, such as an error page, is none of ours. */
function notThere(error: unknown): string {
  if (error instanceof PspError && error.code === 'UNSUPPORTED') return '["",""]';
  throw error;
}
