/** PSP with Playwright: log in once, be logged in in another browser. */
import { startDemoApp } from '@psp-examples/demo/app.mjs';
import { findChromium, launchFlags } from '@psp/core';
import { PlaywrightAdapter } from '@psp/playwright';
import { chromium } from 'playwright';
import { whoIsSeen } from './who.mjs';

const app = await startDemoApp();
const launch = async () => chromium.launch({ executablePath: await findChromium(), args: launchFlags() });
const [first, second] = [await launch(), await launch()];
try {
  const page = await first.newPage();
  const newPage = await second.newPage();

  const adapter = new PlaywrightAdapter();
  const session = await adapter.createSession(page, { name: 'my-auth-session' });
  await whoIsSeen(app, () => logIn(page));
  await session.capture();

  const saved = await adapter.loadSession(session.getId());
  await saved.restore(newPage);
  const name = await whoIsSeen(app, () => newPage.goto(`${app.appUrl}/dashboard`));

  console.log(`playwright: logged in as ${name} in another browser`);
} finally {
  await first.close();
  await second.close();
  await app.close();
}

async function logIn(page) {
  await page.goto(`${app.appUrl}/login`);
  await page.getByLabel('User').fill(app.user);
  await page.getByLabel('Password').fill(app.password);
  await page.getByRole('button', { name: 'Log in' }).click();
}
