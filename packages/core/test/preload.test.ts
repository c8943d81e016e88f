/** Scripts that run before those of pages, in a Chromium that nobody else drives. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectCdp } from '../src/browser/cdp/connect.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { NO_PRELOAD } from '../src/browser/preload.js';
import { startChromium, type RawChromium } from './support/raw-chromium.js';

/** Only where secure contexts have it already, as what is wanted in pages needs that. */
const SCRIPT = `if (self.CryptoKey !== undefined) self.early = 'early';`;
const SEEN = `self.seen = String(self.early);`;
const PAGE = `<script>${SEEN}
const of = (worker) => new Promise((done) => { worker.onmessage = ({ data }) => done(data); });
const blob = new Blob(["${SEEN} postMessage(self.seen)"]);
Promise.all([self.seen, of(new Worker('/worker.js')), of(new Worker(URL.createObjectURL(blob)))])
  .then((all) => fetch('/told?' + all));</script>`;

let server: Server;
let chromium: RawChromium;
let driver: BrowserDriver;
const told: string[] = [];
const origin = (host: string): string => `http://${host}:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/told?')) told.push(url.slice(6));
    response.setHeader('content-type', url === '/worker.js' ? 'text/javascript' : 'text/html');
    if (url === '/worker.js') response.end(`${SEEN} postMessage(self.seen)`);
    else response.end(url === '/outer' ? `<iframe src="${origin('third.localhost')}/page"></iframe>` : PAGE);
  }).listen(0);
  chromium = await startChromium();
  driver = await connectCdp(chromium.address);
  await driver.preload.install(SCRIPT, { timeoutMs: 10_000 });
});
afterAll(async () => {
  await driver.close();
  await chromium.kill();
  server.close();
});

test.each(['page', 'outer'])(
  '[PSP-KEY-2] a script is first in documents, frames of other sites and workers: %s',
  async (path) => {
    told.length = 0;
    const [tab] = await driver.tabs();
    await driver.release(tab!, `${origin('a.localhost')}/${path}`, { timeoutMs: 10_000 });
    await vi.waitFor(() => expect(told).toContain('early,early,early'), { timeout: 20_000 });
  },
);

test('a browser without such keys has bound no login to its device', async () => {
  expect(await driver.deviceBindings({ timeoutMs: 10_000 })).toEqual([]);
});

test('[PSP-KEY-5] a browser that takes none says so', async () => {
  await expect(NO_PRELOAD.install(SCRIPT, { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
