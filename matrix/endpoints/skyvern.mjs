/** Skyvern: browser sessions of the server that SKYVERN_BASE_URL and SKYVERN_API_KEY name, else of a stand-in on this machine. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SkyvernAdapter } from '@psp/skyvern';
import { chromium } from 'playwright';
import { startSkyvernStandIn } from '../skyvern-stand-in.mjs';
import { drive, orEnd } from './drive.mjs';

const START_S = 50;
const { SKYVERN_BASE_URL, SKYVERN_API_KEY } = process.env;
const isReal = SKYVERN_BASE_URL !== undefined && SKYVERN_API_KEY !== undefined;

/** @type {import('./drive.mjs').Endpoint[]} */
export const skyvern = [
  {
    name: 'skyvern',
    label: isReal ? 'Skyvern' : 'Skyvern, a stand-in for its server',
    engine: 'chromium',
    through: 'SkyvernAdapter',
    missing: () => undefined,
    async open(options) {
      const service = await startService();
      return orEnd(service.close, async () => {
        const { id, address } = await begin(service);
        // As Skyvern's own client reaches the browser.
        const browser = await chromium.connectOverCDP(address, { headers: { 'x-api-key': service.apiKey } });
        const close = async () => {
          await browser.close();
          await ask(service, 'POST', `/${id}/close`);
          await service.close();
        };
        const page = browser.contexts()[0].pages()[0];
        const devtools = await page.context().newCDPSession(page);
        await devtools.send('Security.setIgnoreCertificateErrors', { ignore: true });
        const adapter = new SkyvernAdapter({ ...options, apiKey: service.apiKey, baseUrl: service.url });
        return drive({ adapter, page: id, goto: (url) => page.goto(url), close });
      });
    },
  },
];

/** @returns {Promise<{ url: string, apiKey: string, close: () => Promise<void> }>} */
async function startService() {
  if (isReal) return { url: SKYVERN_BASE_URL, apiKey: SKYVERN_API_KEY, close: async () => undefined };
  const apiKey = 'key-of-the-stand-in';
  const standIn = await startSkyvernStandIn({ apiKey });
  return { url: standIn.url, apiKey, close: () => standIn.close() };
}

/** A new session, once its browser runs. */
async function begin(service) {
  const { browser_session_id: id } = await ask(service, 'POST');
  for (let tries = 0; tries < START_S; tries++) {
    const { status, browser_address: address } = await ask(service, 'GET', `/${id}`);
    if (status === 'running' && address !== null) return { id, address };
    await sleep(1000);
  }
  throw new Error(`The browser session of Skyvern was not running after ${START_S} s.`);
}

/** @param {{ url: string, apiKey: string }} service @param {'GET' | 'POST'} method @param {string} [path] @returns {Promise<any>} */
async function ask({ url, apiKey }, method, path = '') {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/browser_sessions${path}`, {
    method,
    headers,
    ...(method === 'POST' ? { body: '{}' } : {}),
  });
  if (!response.ok) throw new Error(`Skyvern answers ${response.status}`);
  return response.json();
}
