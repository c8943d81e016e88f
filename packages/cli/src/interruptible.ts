/** A driver whose work can be cut short, so that capture and restore put back what they hold before the driver closes. */
import type { BrowserDriver } from '@psp/core';
import { PspError } from '@psp/protocol';

/** What still goes through after an interruption: it only gives back, and closing comes last. */
const GIVES_BACK: ReadonlySet<string | symbol> = new Set<keyof BrowserDriver>(['abandon', 'closeTab', 'close']);

export interface Interruptible {
  readonly driver: BrowserDriver;
  /** From now on the driver refuses to do anything new. A call that is under way goes on to its own end. */
  interrupt(): void;
}

export function interruptible(driver: BrowserDriver): Interruptible {
  let isInterrupted = false;
  const guarded = new Proxy(driver, {
    get(target, name) {
      // Methods belong to the target, whose private members no proxy has.
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        if (isInterrupted && !GIVES_BACK.has(name)) throw new PspError('BROWSER_GONE', 'The command was interrupted.');
        return member.apply(target, args);
      };
    },
  });
  return { driver: guarded, interrupt: () => void (isInterrupted = true) };
}
