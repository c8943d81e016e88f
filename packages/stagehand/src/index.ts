/** PSP for Stagehand. */
export { StagehandAdapter, type StagehandAdapterOptions } from './adapter.js';
export type { StagehandInstance, StagehandV3, StagehandV4 } from './instance.js';
export type { AdapterOptions, CaptureReport, CreateSessionOptions, RestoreReport, Session } from '@psp/core';
