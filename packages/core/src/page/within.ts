/** A time limit for what the browser gives when it likes. */
import { BlockedError } from './loss.js';

/** Rejects with BlockedError after `timeoutMs`. What is under way goes on, and nobody hears of it. */
export function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BlockedError('the browser does not answer')), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
