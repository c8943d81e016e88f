/** The clock of a process, moved. Injected: Date of this process alone, so that nothing has to be installed and no other process is touched. */

/** `Date.now()` and `new Date()` tell another time; the monotonic clock goes on as it is. @param {number} ms */
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
