/** PSP for Skyvern. */
export { SkyvernAdapter, type SkyvernAdapterOptions, type SkyvernBrowserSession } from './adapter.js';
export type { AdapterOptions, CaptureReport, CreateSessionOptions, RestoreReport, Session } from '@psp/core';
