/** The suite of the browser contract: every driver passes it, ours and others'. It needs a browser and a site to visit. */
import type { DriverCase } from './driver-case.js';
import { COOKIE_CASES } from './driver-cookies-suite.js';
import { FAULT_CASES } from './driver-faults-suite.js';
import { HOLD_CASES } from './driver-hold-suite.js';
import { TAB_CASES } from './driver-tabs-suite.js';
import { VISIT_CASES } from './driver-visits-suite.js';

export type { DriverCase, DriverSite, DriverTarget } from './driver-case.js';

/** The cases, in no special order; each gets a fresh browser context. What a driver cannot do by its `features` is expected to be so. */
export const DRIVER_CASES: readonly DriverCase[] = [
  ...TAB_CASES,
  ...COOKIE_CASES,
  ...VISIT_CASES,
  ...HOLD_CASES,
  ...FAULT_CASES,
];
