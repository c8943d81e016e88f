/** PSP for Selenium. */
export { SeleniumAdapter } from './adapter.js';
export type { SeleniumDriver } from './selenium.js';
export type { AdapterOptions, CaptureReport, CreateSessionOptions, RestoreReport, Session } from '@psp/core';
