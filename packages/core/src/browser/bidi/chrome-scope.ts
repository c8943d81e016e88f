/**
 * What Firefox tells only to those who may look into the browser itself: started with `--remote-allow-system-access`, it runs scripts
 * in its own windows (`moz:scope: 'chrome'`). That shows every origin that has storage, and the history of tabs.
 */
import type { Connection } from './connection.js';
import { callPage } from './page-code.js';
import { refusalIn } from './refusal.js';

const MODULE = 'chrome://remote/content/shared/NavigableManager.sys.mjs';

const ORIGINS = `() => new Promise((resolve, reject) => {
  const request = Services.qms.listOrigins();
  request.callback = () => request.resultCode === 0
    ? resolve(JSON.stringify(request.result))
    : reject(new Error("listOrigins"));
})`;

const historyCode = (work: string): string => `(id) => {
  const { NavigableManager } = ChromeUtils.importESModule("${MODULE}");
  const history = NavigableManager.getBrowserById(id)?.browsingContext.sessionHistory;
  ${work}
}`;

const HISTORY = historyCode(
  'return JSON.stringify(Array.from({ length: history?.count ?? 0 }, (_, index) => history.getEntryAtIndex(index).URI.spec));',
);

const FORGET = historyCode(
  'const count = history?.count ?? 0; if (count > 1) history.purgeHistory(count - 1); return String(count);',
);

export class ChromeScope {
  private constructor(
    readonly connection: Connection,
    readonly window: string,
  ) {}

  /** Undefined where the browser does not let anybody in, as most do. */
  static async open(connection: Connection): Promise<ChromeScope | undefined> {
    try {
      const { contexts } = await connection.send<{ contexts: { context: string; 'moz:scope'?: string }[] }>(
        'browsingContext.getTree',
        { 'moz:scope': 'chrome' },
      );
      const window = contexts.find((each) => each['moz:scope'] === 'chrome');
      return window === undefined ? undefined : new ChromeScope(connection, window.context);
    } catch (error) {
      if (refusalIn(error) === undefined) throw error;
      return undefined;
    }
  }

  /** As Firefox names them: `https://a.example`, with `^partitionKey=...` and the like behind it where it is not a first-party one. */
  async origins(timeoutMs: number): Promise<string[]> {
    return JSON.parse(await this.#call(ORIGINS, '', timeoutMs)) as string[];
  }

  /** Addresses of the tab's history, oldest first. */
  async history(tab: string, timeoutMs: number): Promise<string[]> {
    return JSON.parse(await this.#call(HISTORY, tab, timeoutMs)) as string[];
  }

  /** Makes the newest entry of the tab's history its only one. */
  async forgetHistory(tab: string, timeoutMs: number): Promise<void> {
    await this.#call(FORGET, tab, timeoutMs);
  }

  #call(source: string, argument: string, timeoutMs: number): Promise<string> {
    return callPage(this.connection, { context: this.window, source, argument, isSandboxed: false, timeoutMs });
  }
}
