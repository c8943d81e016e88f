/** CONTRACT of what surrounds the pages of a context: permissions, and what pages are told of machine and user. */
import { type Environment, PspError } from '@psp/protocol';
import type { CallOptions, Tab } from './driver.js';

/** A name of the Permissions API, and the state that pages are to see. */
export interface PermissionSetting {
  readonly origin: string;
  readonly name: string;
  readonly state: 'granted' | 'denied' | 'prompt';
}

/** A header of requests (RFC 9110). */
export interface RequestHeader {
  readonly name: string;
  readonly value: string;
}

/** Of a browser whose `features.surroundings` is true; elsewhere it throws UNSUPPORTED. */
export interface Surroundings {
  /** For the context, as long as the driver is open. Throws UNSUPPORTED where the browser does not know the name. */
  setPermission(setting: PermissionSetting): Promise<void>;
  /**
   * For one tab, as long as the driver is open; permissions in it are left out. Gives the names of what it did not take, which may
   * stand nonetheless.
   */
  apply(tab: Tab, environment: Environment, options: CallOptions): Promise<string[]>;
  /** Adds the headers to each request of one tab, to whatever site, as long as the driver is open. Those of before go. */
  setHeaders(tab: Tab, headers: readonly RequestHeader[], options: CallOptions): Promise<void>;
}

const refuse = async (): Promise<never> => {
  throw new PspError('UNSUPPORTED', 'This browser takes these settings at launch only: see `launchOptions`.');
};

export const NO_SURROUNDINGS: Surroundings = { setPermission: refuse, apply: refuse, setHeaders: refuse };
