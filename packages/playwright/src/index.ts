/** PSP for Playwright. */
export { PlaywrightAdapter } from './adapter.js';
export type { AdapterOptions, CaptureReport, CreateSessionOptions, RestoreReport, Session } from '@psp/core';
