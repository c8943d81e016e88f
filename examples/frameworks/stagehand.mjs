/** PSP with Stagehand 3 on this machine, without a model: log in once, be logged in in another browser. */
import { Stagehand } from '@browserbasehq/stagehand';
import { startDemoApp } from '@psp-examples/demo/app.mjs';
import { findChromium, launchFlags } from '@psp/core';
import { StagehandAdapter } from '@psp/stagehand';
import { whoIsSeen } from './who.mjs';

const app = await startDemoApp();
const [first, second] = [await launch(), await launch()];
try {
  const adapter = new StagehandAdapter();
  const session = await adapter.createSession(first, { name: 'my-auth-session' });
  await whoIsSeen(app, () => logIn(first.context.activePage()));
  await session.capture();

  const saved = await adapter.loadSession(session.getId());
  await saved.restore(second);
  const name = await whoIsSeen(app, () => second.context.activePage().goto(`${app.appUrl}/dashboard`));

  console.log(`stagehand: logged in as ${name} in another browser`);
} finally {
  await first.close();
  await second.close();
  await app.close();
}

async function launch() {
  const localBrowserLaunchOptions = { executablePath: await findChromium(), args: launchFlags(), headless: true };
  const stagehand = new Stagehand({ env: 'LOCAL', verbose: 0, disablePino: true, localBrowserLaunchOptions });
  await stagehand.init();
  return stagehand;
}

async function logIn(page) {
  await page.goto(`${app.appUrl}/login`);
  await page.locator('[name=user]').fill(app.user);
  await page.locator('[name=password]').fill(app.password);
  await page.locator('button').click();
}
