/**
 * How keys are written and made: `exportable` where the browser's own keys are extractable underneath and pages are told otherwise
 * (page/key-mask.ts). Set by the request; each call of the page code has a copy of its own.
 */
export const keyPolicy = { exportable: false };
