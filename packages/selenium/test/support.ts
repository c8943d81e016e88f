/** What the tests of the Selenium adapter share: how each kind of session begins, and the user's side of the driver suite. */
import type { DriverTarget } from '@psp/core/testing';
import selenium, { type WebDriver } from 'selenium-webdriver';
import { missing } from '../../../matrix/browsers/available.mjs';
import { chromeCapabilities, startChromedriver } from '../../../matrix/browsers/chromedriver.mjs';
import { firefoxCapabilities, startMarionetteBridge } from '../../../matrix/browsers/marionette.mjs';
import { startWebKitDriver, webkitCapabilities } from '../../../matrix/browsers/webkit.mjs';

export interface Kind {
  readonly name: string;
  /** Why it cannot run here, if it cannot. */
  readonly missing: string | undefined;
  /** Its driver is that of another kind, too, and so is its browser. */
  readonly isRare?: true;
  /** What the browser is driven by beneath. */
  readonly driver: 'cdp' | 'bidi' | 'webdriver';
  startServer(): Promise<{ url: string; kill(): Promise<void> }>;
  capabilities(): object | Promise<object>;
  /** Cases of the driver suite that cannot hold by classic WebDriver, each with the error that shows it and why. */
  readonly cannot?: ReadonlyMap<string, RegExp>;
}

/** There is no way past a service worker by WebDriver: its answer is seen once its code has run. */
const WORKER: [string, RegExp] = [
  '[PSP-TRAP-25] never lets a service worker answer in its place, and leaves it registered',
  /no code of the site ran/,
];

/** The command that opens a window closes the dialog of the current one, so no other page can be opened; the dialog stays. */
const DIALOG: [string, RegExp] = [
  '[PSP-CAP-4] an open dialog costs its own tab only, and stays open',
  /Expected values to be strictly deep-equal:\s+\+ actual - expected\s+\+ \[\]\s+- \[\s+-\s+'k'/,
];

/** WebKit takes every name below localhost for a site of its own, and gives its frames a partition. */
const BELOW_LOCALHOST: [string, RegExp] = [
  '[PSP-TRAP-27] lists frames with their origins, opaque ones without, partitioned ones marked',
  /^Expected values to be strictly equal:\s+false !== true/,
];

export const KINDS: readonly Kind[] = [
  {
    name: 'chromedriver',
    missing: missing('chromedriver'),
    driver: 'cdp',
    startServer: startChromedriver,
    capabilities: chromeCapabilities,
  },
  {
    name: 'Firefox with webSocketUrl',
    missing: missing('firefox'),
    driver: 'bidi',
    startServer: startMarionetteBridge,
    capabilities: () => firefoxCapabilities({ bidi: true }),
  },
  {
    name: 'Firefox',
    isRare: true,
    missing: missing('firefox'),
    driver: 'webdriver',
    startServer: startMarionetteBridge,
    capabilities: firefoxCapabilities,
    cannot: new Map([WORKER, DIALOG]),
  },
  {
    name: 'WebKit',
    missing: missing('webkit'),
    driver: 'webdriver',
    startServer: startWebKitDriver,
    capabilities: webkitCapabilities,
    cannot: new Map([WORKER, DIALOG, BELOW_LOCALHOST]),
  },
];

/** Begins a session in a browser of its own, whose dialogs stay open. */
export async function begin(kind: Kind, server: string): Promise<WebDriver> {
  const capabilities = { ...(await kind.capabilities()), unhandledPromptBehavior: 'ignore' };
  // Awaited, it is the driver itself and no longer a promise of it as well.
  return new selenium.Builder().usingServer(server).withCapabilities(new selenium.Capabilities(capabilities)).build();
}

/** In the page's own realm, since some browsers run scripts of WebDriver in one of their own. */
const EVALUATE = `
  const [expression, done] = arguments;
  const give = (value) => done([true, value === undefined ? null : value]);
  const fail = (error) => done([false, String(error)]);
  try { Promise.resolve(window.eval(expression)).then(give, fail); } catch (error) { fail(error); }`;

/** What a page may do only where a person did something, such as opening a window, is the work of a button that is clicked. */
const ADD_BUTTON = `
  const button = document.createElement('button');
  button.textContent = button.id = 'psp-test-button';
  button.onclick = () => { window.eval(arguments[0]); button.remove(); };
  document.body.append(button);`;

export async function evaluate(driver: WebDriver, expression: string): Promise<unknown> {
  if (/(?<![.\w])open\(/.test(expression)) return clickTo(driver, expression);
  const answer = (await driver.executeAsyncScript(EVALUATE, expression)) as [boolean, unknown] | null;
  // By the standard that is the answer when a dialog opens meanwhile.
  if (answer === null) return undefined;
  const [ok, value] = answer;
  if (!ok) throw new Error(String(value));
  return value;
}

async function clickTo(driver: WebDriver, expression: string): Promise<undefined> {
  await driver.executeScript(ADD_BUTTON, expression);
  const button = await driver.findElement(selenium.By.css('#psp-test-button'));
  await button.click();
}

/** The user's side; the test adds the driver of ours. */
export function seleniumTarget(driver: WebDriver): Omit<DriverTarget, 'driver'> {
  return {
    goto: (url) => driver.get(url),
    evaluate: (expression) => evaluate(driver, expression),
    shownTabs: async () => (await driver.getAllWindowHandles()).length,
    dialogOpen: () =>
      driver
        .switchTo()
        .alert()
        .then(
          () => true,
          () => false,
        ),
    closeDialog: async () => (await driver.switchTo().alert()).dismiss(),
  };
}
