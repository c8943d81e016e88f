/**
 * The frameworks of this folder, each with a Chromium that it launched. Runs under the Node.js of this folder, whose packages the
 * bare names below mean.
 */
import { readFileSync } from 'node:fs';
import { findChromium, launchFlags } from '@psp/core';
import { find } from '../browsers/available.mjs';

/**
 * @typedef {object} Opened
 * @property {any} adapter PSP's, for the framework
 * @property {any} page what the adapter takes for a page
 * @property {(url: string) => Promise<unknown>} goto
 * @property {(expression: string) => Promise<unknown>} evaluate waits where it is a promise
 * @property {() => Promise<number>} tabs how many the framework shows
 * @property {() => Promise<unknown>} close ends the browser
 */

/** By name. @type {Record<string, (options: object, flags?: string[]) => Promise<Opened>>} */
export const FRAMEWORKS = {
  async puppeteer(options, flags = []) {
    const { default: puppeteer } = await load('puppeteer-core');
    const { PuppeteerAdapter } = await load('@psp/puppeteer');
    const args = [...launchFlags(), ...flags];
    const browser = await puppeteer.launch({ executablePath: await findChromium(), headless: true, args });
    const [page] = await browser.pages();
    return {
      adapter: new PuppeteerAdapter(options),
      page,
      goto: (url) => page.goto(url),
      evaluate: (expression) => page.evaluate(expression),
      tabs: async () => (await browser.pages()).length,
      close: () => browser.close(),
    };
  },

  async selenium(options, flags = []) {
    const { Builder } = await load('selenium-webdriver');
    const { Options, ServiceBuilder } = await load('selenium-webdriver/chrome.js');
    const { SeleniumAdapter } = await load('@psp/selenium');
    const chrome = new Options().setBinaryPath(await findChromium());
    chrome.addArguments('--headless', ...launchFlags(), ...flags);
    const service = new ServiceBuilder(find('chromedriver'));
    const page = await new Builder().forBrowser('chrome').setChromeOptions(chrome).setChromeService(service).build();
    return {
      adapter: new SeleniumAdapter(options),
      page,
      goto: (url) => page.get(url),
      evaluate: (expression) => page.executeScript(`return (${expression});`),
      tabs: async () => (await page.getAllWindowHandles()).length,
      close: () => page.quit(),
    };
  },

  async stagehand(options, flags = []) {
    const { localBrowser, Stagehand } = await load('@browserbasehq/stagehand');
    const { StagehandAdapter } = await load('@psp/stagehand');
    const args = [...launchFlags(), ...flags];
    const executablePath = await findChromium();
    const browser = await localBrowser.launch({ executablePath, headless: true, chromiumSandbox: false, args });
    const stagehand = await Stagehand.create({ browser, logging: { level: 'off' } });
    const page = await browser.context.activePage();
    return {
      adapter: new StagehandAdapter(options),
      page: stagehand,
      goto: (url) => page.goto(url),
      evaluate: (expression) => page.evaluate(expression),
      tabs: async () => (await browser.context.pages()).length,
      close: () => browser.close(),
    };
  },
};

/** `22.23.3` of what is installed in this folder. @param {string} name */
export function versionHere(name) {
  const path = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}

/** At run time only: outside of this folder's Node.js the names mean other majors. @param {string} name @returns {Promise<any>} */
function load(name) {
  return import(name);
}
