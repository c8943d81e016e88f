/** What the tests share: a site and a browser; and new for each test a store, and a context with one page. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Archive, findChromium, launchFlags, openKeySource, openStore, splitRecords } from '@psp/core';
import { newSessionId, type SessionDocument } from '@psp/protocol';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startSite, type TestSite } from '../../core/test/support/site.js';
import { PlaywrightAdapter } from '../src/index.js';

export let site: TestSite;
export let folder: string;
export let adapter: PlaywrightAdapter;
export let browser: Browser;
export let page: Page;

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: (await findChromium()) ?? '', args: launchFlags() });
}

beforeAll(async () => {
  site = await startSite();
});
afterAll(async () => {
  await browser?.close();
  await site.close();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-test-'));
  adapter = new PlaywrightAdapter({
    storage: `file:${folder}/store`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
    // A page may take long on a busy machine. Tests of pages that never answer name a time of their own.
    timeoutMs: 30_000,
  });
  // A test may have ended the one before.
  if (browser?.isConnected() !== true) browser = await launch();
  page = await (await browser.newContext()).newPage();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await rm(folder, { recursive: true });
});

export async function openArchive(): Promise<Archive> {
  const keys = openKeySource({ keyFile: join(folder, 'key'), onNotice: () => undefined });
  return new Archive(await openStore(`file:${folder}/store`), keys);
}

export async function stored(fields: Partial<SessionDocument>): Promise<string> {
  const document: SessionDocument = {
    format: 'psp-session',
    version: 1,
    id: newSessionId(),
    name: 'made by hand',
    tags: [],
    capturedAt: new Date().toISOString(),
    cookies: [],
    origins: [],
    tabs: [],
    losses: [],
    ...fields,
  };
  await (await openArchive()).save(splitRecords(document, { maxBytes: 1_000_000 }));
  return document.id;
}
