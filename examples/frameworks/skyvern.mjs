/**
 * PSP with Skyvern: log in in one browser session, be logged in in another. SKYVERN_API_KEY and SKYVERN_BASE_URL name the server.
 * Whether its browsers can reach the demo's application on this machine depends on where it runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startDemoApp } from '@psp-examples/demo/app.mjs';
import { SkyvernAdapter } from '@psp/skyvern';
import { chromium } from 'playwright';
import { whoIsSeen } from './who.mjs';

const { SKYVERN_API_KEY: apiKey = '', SKYVERN_BASE_URL: baseUrl = 'https://api.skyvern.com' } = process.env;
const app = await startDemoApp();
const [first, second] = [await begin(), await begin()];
try {
  const adapter = new SkyvernAdapter();
  const session = await adapter.createSession(first.id, { name: 'my-auth-session' });
  await whoIsSeen(app, () => logIn(first.page));
  await session.capture();

  const saved = await adapter.loadSession(session.getId());
  await saved.restore(second.id);
  const name = await whoIsSeen(app, () => second.page.goto(`${app.appUrl}/dashboard`));

  console.log(`skyvern: logged in as ${name} in another browser`);
} finally {
  await first.end();
  await second.end();
  await app.close();
}

/** A browser session, and its page as Skyvern's own client reaches it; tasks of Skyvern's would log in as well. */
async function begin() {
  const { browser_session_id: id } = await ask('POST', '');
  let address = null;
  for (let tries = 0; address === null && tries < 60; tries++) {
    if (tries > 0) await sleep(1000);
    ({ browser_address: address } = await ask('GET', `/${id}`));
  }
  const browser = await chromium.connectOverCDP(address, { headers: { 'x-api-key': apiKey } });
  const end = async () => {
    await browser.close();
    await ask('POST', `/${id}/close`);
  };
  return { id, page: browser.contexts()[0].pages()[0], end };
}

async function ask(method, path) {
  const response = await fetch(`${baseUrl}/v1/browser_sessions${path}`, {
    method,
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{}' } : {}),
  });
  if (!response.ok) throw new Error(`Skyvern answers ${response.status}`);
  return response.json();
}

async function logIn(page) {
  await page.goto(`${app.appUrl}/login`);
  await page.getByLabel('User').fill(app.user);
  await page.getByLabel('Password').fill(app.password);
  await page.getByRole('button', { name: 'Log in' }).click();
}
