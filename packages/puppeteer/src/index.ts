/** PSP for Puppeteer. */
export { PuppeteerAdapter } from './adapter.js';
export type { PuppeteerPage } from './puppeteer.js';
export type { AdapterOptions, CaptureReport, CreateSessionOptions, RestoreReport, Session } from '@psp/core';
