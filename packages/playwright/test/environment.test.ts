/** What sites see of machine and user: captured from a real page, by origin where it belongs to one. */
import type { SessionDocument } from '@psp/protocol';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { beforeAll, describe, expect, test } from 'vitest';
import { adapter, browser, openArchive, site } from './fixture.js';

const A = (): string => site.origin('a.localhost');
const B = (): string => site.origin('b.localhost');

const LAUNCH: BrowserContextOptions = {
  userAgent: 'Mozilla/5.0 (Of the test) psp/1',
  viewport: { width: 801, height: 602 },
  deviceScaleFactor: 1.5,
  locale: 'de-DE',
  timezoneId: 'Asia/Tokyo',
  colorScheme: 'dark',
  geolocation: { latitude: 52.5, longitude: 13.25, accuracy: 7 },
};

/** Sets permissions of a context from outside, as long as the browser runs. */
async function permit(context: BrowserContext, origin: string, states: Record<string, string>): Promise<void> {
  const page = context.pages()[0] as Page;
  const { targetInfo } = await (await context.newCDPSession(page)).send('Target.getTargetInfo');
  const session = await browser.newBrowserCDPSession();
  for (const [name, setting] of Object.entries(states)) {
    const permission = { permission: { name }, setting: setting as 'granted', origin };
    await session.send('Browser.setPermission', { ...permission, browserContextId: targetInfo.browserContextId ?? '' });
  }
}

/** In another context, one that a test may not use. */
async function captured(page: Page): Promise<SessionDocument> {
  const session = await adapter.createSession(page, { name: 'surroundings' });
  const { id } = await session.capture();
  await session.close();
  return (await (await openArchive()).open(id)).state.document;
}

beforeAll(() => {
  site.serve('/closed', '<title>closed</title>', { 'permissions-policy': 'camera=(), accelerometer=()' });
});

describe('a capture', () => {
  test('[PSP-ENV-1] tells what the page is told, and the permissions of each origin, open or not', async () => {
    const context = await browser.newContext(LAUNCH);
    const page = await context.newPage();
    await page.goto(`${B()}/`);
    await page.evaluate('localStorage.setItem("k", "v")');
    await page.goto(`${A()}/closed`);
    await permit(context, A(), { geolocation: 'granted', notifications: 'denied' });
    await permit(context, B(), { 'clipboard-read': 'granted', 'clipboard-write': 'denied' });
    const before = site.requests.length;
    const { environment, losses } = await captured(page);
    expect(environment).toEqual({
      userAgent: LAUNCH.userAgent,
      viewport: LAUNCH.viewport,
      deviceScaleFactor: 1.5,
      locale: 'de-DE',
      timeZone: 'Asia/Tokyo',
      colorScheme: 'dark',
      geolocation: LAUNCH.geolocation,
      // No denial of what the site denies to itself.
      permissions: [
        { origin: A(), name: 'geolocation', state: 'granted' },
        { origin: A(), name: 'notifications', state: 'denied' },
        { origin: B(), name: 'clipboard-read', state: 'granted' },
        { origin: B(), name: 'clipboard-write', state: 'denied' },
      ],
    });
    expect(losses.map(({ code }) => code)).toEqual(['origins-may-be-missing']);
    expect(site.requests.length).toBe(before);
  });

  test('[PSP-ENV-2] asks the user nothing, and has no environment where no page of a site is open', async () => {
    const page = await (await browser.newContext(LAUNCH)).newPage();
    expect(await captured(page)).not.toHaveProperty('environment');
    await page.goto(`${A()}/`);
    // Neither allowed nor refused: a position would have to be asked for.
    expect((await captured(page)).environment).toMatchObject({ userAgent: LAUNCH.userAgent });
    expect((await captured(page)).environment).not.toHaveProperty('geolocation');
    expect((await captured(page)).environment).not.toHaveProperty('permissions');
  });
});
