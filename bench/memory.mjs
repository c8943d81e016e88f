/** Prints, as JSON, the peak of the Node process's memory, as a whole and above its level before, for a capture and a restore of one large session. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlaywrightAdapter } from '@psp/playwright';
import { expectFilled, fill, launch, startSite } from './fixture.mjs';

const row = { origins: 1, items: 20, records: process.argv.includes('--short') ? 5_000 : 100_000, bytes: 400 };
const SAMPLE_MS = 5;

const folder = await mkdtemp(join(tmpdir(), 'psp-bench-'));
const site = await startSite();
const browser = await launch();
try {
  const adapter = new PlaywrightAdapter({
    storage: `file:${folder}/store`,
    keyFile: join(folder, 'key'),
    onNotice: () => undefined,
  });
  const page = await browser.newPage();
  await fill(page, site, row);
  const session = await adapter.createSession(page, { name: 'memory' });
  const captured = await peakOver(() => session.capture());
  const target = await browser.newPage();
  const saved = await adapter.loadSession(session.getId());
  const restored = await peakOver(() => saved.restore(target, { speed: 'eager' }));
  await expectFilled(target, site, row);
  const { bytes } = captured.value;
  console.log(JSON.stringify({ records: row.records, bytes, capture: captured.peak, restore: restored.peak }));
} finally {
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
}

async function peakOver(work) {
  globalThis.gc();
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), SAMPLE_MS);
  try {
    const value = await work();
    peak = Math.max(peak, process.memoryUsage.rss());
    return { value, peak: { above: peak - before, whole: peak } };
  } finally {
    clearInterval(timer);
  }
}
