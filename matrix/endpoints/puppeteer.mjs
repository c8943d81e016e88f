/** Puppeteer: Chromium by a port, by a pipe and by WebDriver BiDi, and Firefox by WebDriver BiDi. */
import { findChromium, launchFlags } from '@psp/core';
import { PuppeteerAdapter } from '@psp/puppeteer';
import puppeteer from 'puppeteer-core';
import { find, missing } from '../browsers/available.mjs';
import { versionOf } from '../versions.mjs';
import { drive, orEnd } from './drive.mjs';

const LAUNCH = { headless: true, acceptInsecureCerts: true };
const chromium = async () => ({ executablePath: await findChromium(), args: launchFlags() });
const firefox = async () => ({ browser: 'firefox', executablePath: find('firefox') });

/** @param {{ name: string, label: string, engine: 'chromium' | 'firefox', where: () => Promise<any>, needs?: 'firefox', more?: object }} what */
function endpoint({ name, label, engine, where, needs, more = {} }) {
  return {
    name,
    label,
    engine,
    through: 'PuppeteerAdapter',
    framework: versionOf('puppeteer-core'),
    missing: () => (needs === undefined ? undefined : missing(needs)),
    async open(options) {
      const browser = await puppeteer.launch({ ...LAUNCH, ...(await where()), ...more });
      const close = () => browser.close();
      return orEnd(close, async () => {
        const page = await browser.newPage();
        return drive({ adapter: new PuppeteerAdapter(options), page, goto: (url) => page.goto(url), close });
      });
    },
  };
}

/** @type {import('./drive.mjs').Endpoint[]} */
export const puppeteerEndpoints = [
  endpoint({ name: 'puppeteer', label: 'Puppeteer, CDP by a port', engine: 'chromium', where: chromium }),
  endpoint({
    name: 'puppeteer-pipe',
    label: 'Puppeteer, CDP by a pipe',
    engine: 'chromium',
    where: chromium,
    more: { pipe: true },
  }),
  endpoint({
    name: 'puppeteer-bidi',
    label: 'Puppeteer, BiDi, Chromium',
    engine: 'chromium',
    where: chromium,
    more: { protocol: 'webDriverBiDi' },
  }),
  endpoint({
    name: 'puppeteer-firefox',
    label: 'Puppeteer, BiDi, Firefox',
    engine: 'firefox',
    where: firefox,
    needs: 'firefox',
  }),
];
