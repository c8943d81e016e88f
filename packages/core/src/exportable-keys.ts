/** Keys that pages take for non-extractable and that a capture can read (docs/keys.md): which drivers have them, and the option for it. */
import { PspError } from '@psp/protocol';
import type { BrowserDriver } from './browser/driver.js';
import { KEY_MASK_SOURCE } from './page-bundle.gen.js';

export interface KeyOptions {
  /**
   * `exportable`: keys of Web Cryptography that pages make from now on are extractable underneath, so that a capture can move them, while
   * pages are told that they are not. Chromium only. Default: what a page marks as non-extractable stays in its browser.
   */
  readonly keys?: 'exportable';
}

const exportable = new WeakSet<BrowserDriver>();

/** Milliseconds for each call to the browser. */
const INSTALL_TIMEOUT_MS = 10_000;

/**
 * Does what the option says, as long as the driver is open, and gives the driver. Throws INVALID_INPUT, UNSUPPORTED, TIMEOUT and
 * BROWSER_GONE, with the driver closed.
 */
export async function withKeyOptions(driver: BrowserDriver, { keys }: KeyOptions): Promise<BrowserDriver> {
  if (keys === undefined || exportable.has(driver)) return driver;
  try {
    checkKeyOptions({ keys });
    await driver.preload.install(KEY_MASK_SOURCE, { timeoutMs: INSTALL_TIMEOUT_MS });
  } catch (error) {
    await driver.close();
    throw error;
  }
  exportable.add(driver);
  return driver;
}

/** Throws INVALID_INPUT. */
export function checkKeyOptions({ keys }: { keys?: unknown }): void {
  if (keys === undefined || keys === 'exportable') return;
  throw new PspError('INVALID_INPUT', 'keys: expected "exportable" or nothing.');
}

export const keysAreExportable = (driver: BrowserDriver): boolean => exportable.has(driver);
