/** The Date of this process, moved. The monotonic clock, which nobody can set, goes on as it is. */

/** `Date.now()` and `new Date()` tell another time. @param {number} ms */
export function shiftClock(ms) {
  if (ms === 0) return;
  const Real = Date;
  const shifted = class extends Real {
    constructor(/** @type {any[]} */ ...args) {
      super(.../** @type {[any]} */ (args.length === 0 ? [Real.now() + ms] : args));
    }

    /** @override */
    static now() {
      return Real.now() + ms;
    }
  };
  globalThis.Date = /** @type {DateConstructor} */ (shifted);
}
