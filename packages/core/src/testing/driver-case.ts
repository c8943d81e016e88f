/** What a case of the driver suite works with: a driver, the user's own way to drive the same browser, and a site. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { PspError } from '@psp/protocol';
import type { BrowserDriver, Frame, Tab } from '../browser/driver.js';

/**
 * A driver and the user's own way to drive the same browser. All but `driver` goes past the driver: it is what the user's
 * framework does and sees. The user has one tab in a fresh context, and handed it over.
 */
export interface DriverTarget {
  readonly driver: BrowserDriver;
  /** Loads an address in the user's tab; resolves when it is loaded. */
  goto(url: string): Promise<void>;
  /**
   * Evaluates an expression in the user's tab, as its page's own scripts would, and waits where it is a promise. Gives what JSON can
   * hold. Popups that it opens are allowed, and their opener may close them.
   */
  evaluate(expression: string): Promise<unknown>;
  /** How many tabs the user's framework shows, popups included: pages of the context, targets of type page, window handles. */
  shownTabs(): Promise<number>;
  /**
   * Whether a dialog (`alert`) is open in the user's tab. The framework must not answer dialogs by itself: register a listener that does
   * nothing, or ask for the prompt behaviour `ignore`. Looks without touching the page, which answers nothing then: by the
   * framework's events of opened and closed dialogs, or by asking for the dialog's text.
   */
  dialogOpen(): Promise<boolean>;
  /** Closes the dialog that is open in the user's tab, as the user would. */
  closeDialog(): Promise<void>;
}

/**
 * A site with the same pages on any host name: `/` empty and called "a page", `/frames`, `/patched`, `/strict` (a Content-Security-Policy
 * that forbids all), `/worker` (registers a service worker that answers everything from then on).
 */
export interface DriverSite {
  /** `http://NAME:PORT`; NAME ends in `.localhost` or is an address of this machine. */
  origin(host: string): string;
  /** Requests seen so far: `GET http://host:port/path`. */
  readonly requests: readonly string[];
}

export interface DriverCase {
  readonly name: string;
  run(target: DriverTarget, site: DriverSite): Promise<void>;
}

export const TIMEOUT = { timeoutMs: 10_000 };

/** The user's tab and its main frame. */
export async function mainFrame(driver: BrowserDriver): Promise<{ tab: Tab; frame: Frame }> {
  const [tab] = await driver.tabs();
  assert.ok(tab !== undefined, 'the driver lists the tab of the user');
  const [frame] = await driver.frames(tab, TIMEOUT);
  assert.ok(frame !== undefined, 'the driver lists the main frame');
  return { tab, frame };
}

export function isCode(...codes: string[]): (error: unknown) => boolean {
  return (error) => error instanceof PspError && codes.includes(error.code);
}

/** Waits for what the browser does in its own time; gives the last value, so that an assertion can show it. */
export async function eventually<T>(read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  let value = await read();
  for (let tries = 0; tries < 400 && !good(value); tries++) {
    await sleep(50);
    value = await read();
  }
  return value;
}
