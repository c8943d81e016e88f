/** The suites that drivers of stores and key sources must pass, and the mutants that the suites must fail. */
export { HOSTILE_KEYS } from './hostile-keys.js';
export { MUTANTS, type Mutant } from './mutants.js';
export { SEALER_CASES, type SealerCase, type SealerFixture } from './sealer-suite.js';
export { failedCases, increment, STORE_CASES, type StoreCase } from './store-suite.js';
export { DRIVER_CASES, type DriverCase, type DriverSite, type DriverTarget } from './driver-suite.js';
