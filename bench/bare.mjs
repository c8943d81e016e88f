/**
 * The least that any tool needs for the records of one origin that no tab has open: a hidden tab on a blank document of the origin, one
 * script that reads or writes them all, and their JSON text by the cheapest way known. Nothing is checked, sealed, stored or told, and nothing else of the
 * session is looked at.
 */

const PATH = '/__bare__/';

const READ = `async function () {
  const of = (request) => new Promise((good, bad) => { request.onsuccess = () => good(request.result); request.onerror = () => bad(request.error); });
  const db = await of(indexedDB.open('bench'));
  const records = await of(db.transaction('records').objectStore('records').getAll());
  db.close();
  return JSON.stringify(records);
}`;

const WRITE = `async function () {
  const records = await (await fetch('${PATH}records')).json();
  const making = indexedDB.open('bench', 1);
  making.onupgradeneeded = () => making.result.createObjectStore('records', { keyPath: 'id' }).createIndex('by group', 'group');
  const db = await new Promise((good, bad) => { making.onsuccess = () => good(making.result); making.onerror = () => bad(making.error); });
  const tx = db.transaction('records', 'readwrite', { durability: 'relaxed' });
  for (const record of records) tx.objectStore('records').put(record);
  await new Promise((good, bad) => { tx.oncomplete = good; tx.onabort = () => bad(tx.error); });
  db.close();
  return '';
}`;

/** Gives the records' JSON text, from the context of the page. */
export const bareCapture = (page, origin) => inHiddenTab(page, origin, READ, '');

/** Writes them into the context of the page, which has none. */
export const bareRestore = (page, origin, text) => inHiddenTab(page, origin, WRITE, text);

async function inHiddenTab(page, origin, source, text) {
  const ofPage = await page.context().newCDPSession(page);
  const browser = await page.context().browser().newBrowserCDPSession();
  try {
    const { browserContextId } = (await ofPage.send('Target.getTargetInfo')).targetInfo;
    await answerFor(browser, origin, text);
    const hidden = { url: 'about:blank', hidden: true, browserContextId };
    const { targetId } = await browser.send('Target.createTarget', hidden);
    const call = await sessionIn(browser, targetId);
    await call('Page.navigate', { url: `${origin}${PATH}` });
    const { objectId } = (await call('Runtime.evaluate', { expression: 'globalThis' })).result;
    const options = { objectId, awaitPromise: true, returnByValue: true };
    const answer = await call('Runtime.callFunctionOn', { functionDeclaration: source, ...options });
    if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.exception.description);
    await browser.send('Target.closeTarget', { targetId });
    return answer.result.value;
  } finally {
    await Promise.all([ofPage.detach(), browser.detach()]);
  }
}

/** The browser pauses what is asked of the origin, and is given a blank document or the records. */
async function answerFor(browser, origin, text) {
  browser.on('Fetch.requestPaused', ({ requestId, request }) => {
    const [type, body] = request.url.endsWith('/records')
      ? ['application/json', text]
      : ['text/html', '<!doctype html>'];
    const responseHeaders = [{ name: 'content-type', value: type }];
    const answer = { requestId, responseCode: 200, responseHeaders, body: Buffer.from(body).toString('base64') };
    browser.send('Fetch.fulfillRequest', answer).catch(() => undefined); // the page tells
  });
  await browser.send('Fetch.enable', { patterns: [{ urlPattern: `${origin}${PATH}*` }] });
}

/** A session within the browser's, since Playwright routes no others. Gives its calls. */
async function sessionIn(browser, targetId) {
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: false });
  const waiting = new Map();
  browser.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result, error } = JSON.parse(message);
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
