/** The proof of a restore: what only a logged-in user sees. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adapter, browser, page } from './fixture.js';

let server: Server;
let url: string;
beforeAll(() => {
  server = createServer(({ headers, url: path = '' }, response) => {
    const isKnown = headers.cookie?.includes('sid=ann') === true;
    response.setHeader('content-type', 'text/html');
    if (path === '/login') response.setHeader('set-cookie', 'sid=ann; Max-Age=9999');
    // Shown only after a moment, as by a page that asks its server first.
    const late = `<p id=who></p><script>setTimeout(() => who.innerHTML = 'Hello  <b class=ann>Ann</b>', 300)</script>`;
    response.writeHead(isKnown || path === '/login' ? 200 : 401).end(isKnown ? late : '<h1>Please log in</h1>');
  }).listen(0);
  url = `http://a.localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe('[PSP-RES-9] verify', () => {
  test('tells a login that was restored from none', async () => {
    await page.goto(`${url}/login`);
    const session = await adapter.createSession(page, { name: 'login' });
    await session.capture();
    const target = await (await browser.newContext()).newPage();
    const asked = { url: `${url}/home`, text: 'Hello Ann', selector: 'b.ann', status: 200 };
    expect(await session.verify(target, { ...asked, timeoutMs: 1000 })).toEqual({
      ok: false,
      found: false,
      status: 401,
      url: `${url}/home`,
    });
    await session.restore(target);
    expect(await session.verify(target, asked)).toEqual({ ok: true, found: true, status: 200, url: `${url}/home` });
    expect(target.url()).toBe(`${url}/home`);
    expect(await session.verify(target, { url, status: 401 })).toMatchObject({ ok: false, found: true, status: 200 });
    // The page is still the session's.
    expect((await session.capture()).version).toBe(2);
  });

  test('refuses what asks for nothing or cannot be asked', async () => {
    const session = await adapter.createSession(page, { name: 'wrong' });
    const refused = { code: 'INVALID_INPUT' };
    await expect(session.verify(page, { url })).rejects.toMatchObject(refused);
    await expect(session.verify(page, { url: 'data:,x', text: 'x' })).rejects.toMatchObject(refused);
    await expect(session.verify(page, { url, selector: ':::' })).rejects.toMatchObject(refused);
    const nowhere = session.verify(page, { url: 'http://127.0.0.1:1/', text: 'x' });
    await expect(nowhere).rejects.toMatchObject({ code: 'BROWSER_UNREACHABLE' });
  });
});
