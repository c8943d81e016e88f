/** A session in use: its verbs one after the other, its versions, and what it refuses. */
import { describe, expect, test } from 'vitest';
import { PlaywrightAdapter } from '../src/index.js';
import { adapter, browser, site } from './fixture.js';

describe('a session', () => {
  test('the verbs of a session run one after the other', async () => {
    const page = await browser.newPage();
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const session = await adapter.createSession(page, { name: 'turns' });
    expect((await Promise.all([session.capture(), session.capture()])).map(({ version }) => version)).toEqual([1, 2]);
    const target = await browser.newPage();
    const restored = session.restore(target);
    const captured = session.capture();
    const closed = session.close();
    expect(await restored).toMatchObject({ notDone: [] });
    expect(await captured).toMatchObject({ version: 3, counts: { localStorage: 1 } });
    await closed;
    const refused = { code: 'INVALID_INPUT', message: expect.stringContaining('was closed') };
    await expect(session.capture()).rejects.toMatchObject(refused);
    await session.restore(target);
    expect((await session.capture()).version).toBe(4);
  });

  test('a time limit that is none is refused, and costs the session nothing', async () => {
    for (const timeoutMs of [0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(() => new PlaywrightAdapter({ timeoutMs })).toThrow(/timeoutMs: expected milliseconds/);
    }
    const page = await browser.newPage();
    const session = await adapter.createSession(page, { name: 'limits' });
    await expect(session.capture({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await session.capture();
    await expect(session.restore(page, { timeoutMs: 2 ** 31 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect((await session.capture({ timeoutMs: 60_000 })).version).toBe(2);
  });

  test('captures again after a restore, as the next version, and tells when somebody else was first', async () => {
    const page = await browser.newPage();
    await page.goto(`${site.origin('a.localhost')}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    const session = await adapter.createSession(page, { name: 'versions' });
    expect((await session.capture()).version).toBe(1);
    const worker = await adapter.loadSession('versions');
    await worker.restore(await browser.newPage());
    // Nobody has visited the origin here.
    expect(await worker.capture()).toMatchObject({ version: 2, counts: { origins: 1, localStorage: 1 } });
    await expect(session.capture()).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect((await adapter.loadSession('versions')).capture()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
