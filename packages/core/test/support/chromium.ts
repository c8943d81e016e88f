/** A headless Chromium for tests, driven by Playwright. */
import { type Browser, chromium } from 'playwright';
import { findChromium, launchFlags } from '../../src/browser/find.js';

/** Close it. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error('No Chromium here: run `npm run setup`.');
  return chromium.launch({ executablePath, args: launchFlags() });
}
