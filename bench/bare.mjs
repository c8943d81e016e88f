/**
 * The least that any tool needs for what PSP does: hidden tabs on blank documents of the origins, one script in each that reads or writes
 * localStorage and the records, and their JSON text by the cheapest way known. Nothing is checked, sealed, stored or told, and nothing else of the
 * session is looked at.
 */

const PATH = '/__bare__/';
/** As many as PSP uses: more are no faster on the machines that were measured. */
const TABS = 2;

const OF =
  'const of = (request) => new Promise((good, bad) => { request.onsuccess = () => good(request.result); request.onerror = () => bad(request.error); });';

const READ = `async function () {
  ${OF}
  const db = await of(indexedDB.open('bench'));
  const records = await of(db.transaction('records').objectStore('records').getAll());
  db.close();
  return JSON.stringify({ items: Object.entries(localStorage), records });
}`;

const WRITE = `async function () {
  ${OF}
  const { items, records } = await (await fetch('${PATH}state')).json();
  for (const [name, value] of items) localStorage.setItem(name, value);
  const making = indexedDB.open('bench', 1);
  making.onupgradeneeded = () => making.result.createObjectStore('records', { keyPath: 'id' }).createIndex('by group', 'group');
  const db = await of(making);
  const tx = db.transaction('records', 'readwrite', { durability: 'relaxed' });
  for (const record of records) tx.objectStore('records').put(record);
  await new Promise((good, bad) => { tx.oncomplete = good; tx.onabort = () => bad(tx.error); });
  db.close();
  return '';
}`;

/** Gives the JSON text of each origin's state, from the context of the page. */
export async function bareCapture(page, origins) {
  const bare = await Bare.open(page, new Map(origins.map((origin) => [origin, ''])));
  const texts = new Map();
  await bare.forEach(origins, async (call, origin) => void texts.set(origin, await run(call, origin, READ)));
  await bare.close();
  return texts;
}

/** Writes the texts into the context of the page, which has none. */
export async function bareRestore(page, texts) {
  const bare = await Bare.open(page, texts);
  await bare.forEach(texts.keys(), (call, origin) => run(call, origin, WRITE));
  await bare.close();
}

/** Holds the origins' documents, and writes what an origin has before its first document goes on. Gives how to end. */
export async function bareLazyRestore(page, texts) {
  const bare = await Bare.open(page, texts, true);
  return () => bare.close();
}

class Bare {
  static async open(page, texts, holds = false) {
    const context = page.context();
    const bare = new Bare();
    [bare.browser, bare.ofPage] = await Promise.all([
      context.browser().newBrowserCDPSession(),
      context.newCDPSession(page),
    ]);
    bare.texts = texts;
    bare.targets = [];
    bare.browser.on('Fetch.requestPaused', (paused) => {
      bare.#onPaused(paused).catch(() => undefined); // the page tells
    });
    const patterns = [...texts.keys()].map((origin) => ({ urlPattern: `${origin}${holds ? '/' : PATH}*` }));
    const enabled = bare.browser.send('Fetch.enable', { patterns });
    bare.context = (await bare.ofPage.send('Target.getTargetInfo')).targetInfo.browserContextId;
    await enabled;
    return bare;
  }

  /** Calls `work` for each origin, in hidden tabs. */
  async forEach(origins, work) {
    const waiting = [...origins];
    const worker = async () => {
      const call = await this.#hiddenTab();
      for (let origin = waiting.shift(); origin !== undefined; origin = waiting.shift()) await work(call, origin);
    };
    await Promise.all(Array.from({ length: Math.min(TABS, waiting.length) }, worker));
  }

  async close() {
    await Promise.all(this.targets.map((targetId) => this.browser.send('Target.closeTarget', { targetId })));
    await Promise.all([this.ofPage.detach(), this.browser.detach()]);
  }

  /** Blank documents and states are answered here; a document of a held origin waits for its state. */
  async #onPaused({ requestId, request }) {
    const { origin, pathname } = new URL(request.url);
    if (pathname.startsWith(PATH)) {
      const isState = pathname.endsWith('/state');
      const responseHeaders = [{ name: 'content-type', value: isState ? 'application/json' : 'text/html' }];
      const body = Buffer.from(isState ? this.texts.get(origin) : '<!doctype html>').toString('base64');
      return this.browser.send('Fetch.fulfillRequest', { requestId, responseCode: 200, responseHeaders, body });
    }
    await run(await this.#hiddenTab(), origin, WRITE);
    return this.browser.send('Fetch.continueRequest', { requestId });
  }

  async #hiddenTab() {
    const hidden = { url: 'about:blank', hidden: true, browserContextId: this.context };
    const { targetId } = await this.browser.send('Target.createTarget', hidden);
    this.targets.push(targetId);
    return sessionIn(this.browser, targetId);
  }
}

/** What the script gives on a blank document of the origin. */
async function run(call, origin, source) {
  await call('Page.navigate', { url: `${origin}${PATH}` });
  const { objectId } = (await call('Runtime.evaluate', { expression: 'globalThis' })).result;
  const options = { objectId, awaitPromise: true, returnByValue: true };
  const answer = await call('Runtime.callFunctionOn', { functionDeclaration: source, ...options });
  if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.exception.description);
  return answer.result.value;
}

/** A session within the browser's, since Playwright routes no others. Gives its calls. */
async function sessionIn(browser, targetId) {
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: false });
  const waiting = new Map();
  browser.on('Target.receivedMessageFromTarget', (received) => {
    if (received.sessionId !== sessionId) return;
    const { id, result, error } = JSON.parse(received.message);
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error.message));
  });
  let last = 0;
  return (method, params) =>
    new Promise((resolve, reject) => {
      const id = (last += 1);
      waiting.set(id, { resolve, reject });
      const message = JSON.stringify({ id, method, params });
      browser.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
    });
}
