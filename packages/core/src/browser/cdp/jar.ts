/** The cookies of one browser context over CDP, read all at once and set one by one. */
import { type Cookie, type Loss, PspError } from '@psp/protocol';
import type { CookieOutcome } from '../driver.js';
import { fromCdp, toCdp } from './cookies.js';
import { isRefusal } from './refusal.js';
import type { Targets } from './targets.js';

export class CookieJar {
  constructor(readonly targets: Targets) {}

  async read(): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    const { cookies: read } = await this.targets.send('Storage.getCookies', this.targets.context());
    const cookies: Cookie[] = [];
    const losses: Loss[] = [];
    for (const cookie of read.map(fromCdp)) {
      if ('code' in cookie) losses.push(cookie);
      else cookies.push(cookie);
    }
    return { cookies, losses };
  }

  async set(cookie: Cookie): Promise<CookieOutcome> {
    try {
      await this.targets.send('Storage.setCookies', { cookies: [toCdp(cookie)], ...this.targets.context() });
      return { ok: true };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { ok: false, reason: ((error as PspError).cause as Error).message };
    }
  }

  async delete(cookie: Cookie): Promise<void> {
    // The browser has no call to delete one cookie of a context; one that expired long ago takes its place and goes.
    const outcome = await this.set({ ...cookie, expires: 1 });
    if (!outcome.ok) throw new PspError('UNSUPPORTED', `The browser would not delete the cookie ${cookie.name}.`);
  }
}
