/**
 * CDP inside a BiDi session with a Chromium, by its own commands `goog:cdp.*`. Those tell no events of sessions that we attach, and the
 * sessions whose events they tell are the ones that BiDi itself works with. So we open a hidden page, to which the browser shows its
 * protocol as an object, and send and receive there: a connection of our own, of which the user's session knows nothing.
 */
import { PspError } from '@psp/protocol';
import { CdpRefusal, within, type CdpEvent, type CdpTransport } from '../cdp/transport.js';
import { PendingReplies } from '../replies.js';
import { BidiRefusal, type BidiTransport } from './transport.js';

interface Reply {
  id?: number;
  method?: string;
  params?: unknown;
  sessionId?: string;
  result?: unknown;
  error?: { message: string };
}

/** How the tab that runs BiDi in Chromium calls itself. It is no tab of the user's, whatever type it has. */
const MAPPER_TITLE = 'BiDi-CDP Mapper';

/** Milliseconds after which the page answers a question for messages though it has none. */
const POLL_MS = 2_000;
/** Milliseconds without a question after which the page closes itself: whoever asked has ended without a word. */
const FORSAKEN_MS = 60_000;
/** Milliseconds for the page to close. */
const CLOSE_MS = 5_000;

/** What runs in the hidden page. Messages enter as base64, which does not grow by the escapes of each message around it. */
const PAGE = `(() => {
  const queue = [];
  let wake = () => {};
  let asked = Date.now();
  globalThis.cdp.onmessage = (text) => { queue.push(text); wake(); };
  setInterval(() => { if (Date.now() - asked > ${FORSAKEN_MS}) close(); }, 5000);
  globalThis.psp = {
    send(text) {
      const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      globalThis.cdp.send(new TextDecoder().decode(bytes));
    },
    async next() {
      asked = Date.now();
      if (queue.length === 0) await new Promise((done) => { wake = done; setTimeout(done, ${POLL_MS}); });
      asked = Date.now();
      return queue.splice(0);
    },
  };
})()`;

export class GoogCdpTransport implements CdpTransport {
  readonly flatten = true;
  readonly framework: string;
  readonly #replies = new PendingReplies();
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  #browserSession: string | undefined;
  #isClosed = false;

  private constructor(
    readonly bidi: BidiTransport,
    readonly targetId: string,
    readonly sessionId: string,
  ) {
    this.framework = bidi.framework;
  }

  /** Rejects as the BiDi transport does, and with PspError UNSUPPORTED or TIMEOUT; then nothing is left in the browser. */
  static async open(bidi: BidiTransport, timeoutMs: number): Promise<GoogCdpTransport> {
    const ask = async <T>(method: string, params: object, session?: string): Promise<T> =>
      (await within(sendCommand(bidi, { method, params, session }), timeoutMs, method)) as T;
    const { targetId } = await ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank', hidden: true });
    try {
      const { sessionId } = await ask<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
      await ask('Target.exposeDevToolsProtocol', { targetId, bindingName: 'cdp' });
      await ask('Runtime.evaluate', { expression: PAGE }, sessionId);
      const transport = new GoogCdpTransport(bidi, targetId, sessionId);
      void transport.#receive();
      // What a page is shown knows targets only; the session with the browser itself knows all else.
      const method = 'Target.attachToBrowserTarget';
      const browser = await within(transport.send(method, {}, undefined), timeoutMs, method);
      transport.#browserSession = (browser as { sessionId: string }).sessionId;
      return transport;
    } catch (error) {
      await ask('Target.closeTarget', { targetId }).catch(() => undefined); // the first failure is the one to tell
      throw error;
    }
  }

  async send(method: string, params: object, sessionId = this.#browserSession): Promise<unknown> {
    const answer = await this.#replies.call(method, (id) => {
      const text = Buffer.from(JSON.stringify({ id, method, params, sessionId })).toString('base64');
      this.#inPage(`psp.send("${text}")`).catch((error: unknown) => this.#lose(error));
    });
    return method === 'Target.getTargets' ? withoutMapper(answer) : answer;
  }

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const params = { targetId: this.targetId };
      const closing = sendCommand(this.bidi, { method: 'Target.closeTarget', params, session: undefined });
      // Our sessions end with the page. Where the browser is gone there is no page left to close.
      await within(closing, CLOSE_MS, 'Target.closeTarget').catch(() => undefined);
    }
    this.#lose(undefined);
    await this.bidi.close();
  }

  async #receive(): Promise<void> {
    try {
      while (!this.#isClosed) {
        for (const text of (await this.#inPage('psp.next()')) as string[]) this.#take(JSON.parse(text) as Reply);
      }
    } catch (error) {
      this.#lose(error);
    }
  }

  async #inPage(expression: string): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const answer = await sendCommand(this.bidi, { method: 'Runtime.evaluate', params, session: this.sessionId });
    return (answer as { result: { value?: unknown } }).result.value;
  }

  #take(reply: Reply): void {
    const { id, error } = reply;
    if (id === undefined) {
      const sessionId = reply.sessionId === this.#browserSession ? undefined : reply.sessionId;
      const event = { method: reply.method ?? '', params: reply.params, sessionId };
      if (!isMapper((reply.params as { targetInfo?: unknown } | undefined)?.targetInfo)) {
        for (const listener of this.#listeners) listener(event);
      }
    } else if (error === undefined) this.#replies.resolve(id, reply.result);
    else this.#replies.reject(id, (method) => new CdpRefusal(method, error.message));
  }

  #lose(cause: unknown): void {
    const isOurs = cause instanceof PspError;
    this.#replies.lose(isOurs ? cause : new PspError('BROWSER_GONE', 'The browser closed the connection.', { cause }));
  }
}

/** A call by the user's own BiDi session. Refusals come as CdpRefusal. */
async function sendCommand(
  bidi: BidiTransport,
  { method, params, session }: { method: string; params: object; session: string | undefined },
): Promise<unknown> {
  try {
    const command = { method, params, ...(session === undefined ? {} : { session }) };
    return ((await bidi.send('goog:cdp.sendCommand', command)) as { result: unknown }).result;
  } catch (error) {
    throw error instanceof BidiRefusal ? new CdpRefusal(method, error.message) : error;
  }
}

function withoutMapper(answer: unknown): unknown {
  const { targetInfos } = answer as { targetInfos: unknown[] };
  return { targetInfos: targetInfos.filter((target) => !isMapper(target)) };
}

function isMapper(target: unknown): boolean {
  return (target as { title?: unknown } | undefined)?.title === MAPPER_TITLE;
}
