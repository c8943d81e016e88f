/** Contexts of a running Chromium, in which Playwright is the user, and drivers that join them. */
import { type BrowserContext, chromium, type Page } from 'playwright';
import { connectCdp } from '../../src/browser/cdp/connect.js';
import type { BrowserDriver, Tab } from '../../src/browser/driver.js';
import { startChromium } from './raw-chromium.js';

export interface UserTabs {
  /** A context of its own with a tab. */
  open(): Promise<Page>;
  /** A driver of the page's context, whose primary tab the page is. */
  join(page: Page): Promise<BrowserDriver>;
  /** Closes drivers and contexts. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function startUserTabs(): Promise<UserTabs> {
  const browser = await startChromium();
  const user = await chromium.connectOverCDP(browser.address);
  const contexts: BrowserContext[] = [];
  const drivers: BrowserDriver[] = [];
  return {
    async open() {
      const context = await user.newContext();
      contexts.push(context);
      return context.newPage();
    },
    async join(page) {
      const session = await page.context().newCDPSession(page);
      const { targetInfo } = await session.send('Target.getTargetInfo');
      await session.detach();
      const driver = await connectCdp(browser.address, { primaryTargetId: targetInfo.targetId });
      drivers.push(driver);
      return driver;
    },
    async clear() {
      for (const driver of drivers.splice(0)) await driver.close();
      for (const context of contexts.splice(0)) await context.close();
    },
    async close() {
      await user.close();
      await browser.kill();
    },
  };
}

/** The primary tab. */
export async function primaryOf(driver: BrowserDriver): Promise<Tab> {
  return (await driver.tabs())[0] as Tab;
}
