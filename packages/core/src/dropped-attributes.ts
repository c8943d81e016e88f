/** Attributes that a browser cannot keep of any cookie: one loss for all, since one for each would say the same again and again. */
import type { Cookie, Loss } from '@psp/protocol';
import type { CookieAttribute } from './browser/driver.js';

/** What the other attributes do is a matter of the browser alone. */
const SEEN_BY_SITES =
  'This browser neither keeps nor tells these attributes. Sites notice sameSite alone, by which cookies come along from other sites.';

export class DroppedAttributes {
  readonly #counts = new Map<CookieAttribute, number>();

  constructor(
    /** Those that the browser neither tells nor sets exactly. */
    readonly attributes: readonly CookieAttribute[],
  ) {}

  /** Compares a cookie with what the browser made of it. */
  note(asked: Cookie, found: Cookie): void {
    for (const name of this.attributes) {
      if (asked[name] === found[name] || isDefault(asked, name)) continue;
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
  }

  losses(): Loss[] {
    if (this.#counts.size === 0) return [];
    const counts = Array.from(
      this.#counts,
      ([name, count]) => `${name} of ${count} ${count === 1 ? 'cookie' : 'cookies'}`,
    );
    const advice = this.#counts.has('sameSite') ? { advice: SEEN_BY_SITES } : {};
    return [{ code: 'cookie-attributes-dropped', kind: 'cookie', detail: counts.join(', '), ...advice }];
  }
}

/** Whether a browser that was told nothing does the same. Only of sameSite is "unset" a value of its own. */
function isDefault(cookie: Cookie, name: CookieAttribute): boolean {
  if (name === 'sameSite') return false;
  return cookie[name] === undefined || (name === 'priority' && cookie.priority === 'medium');
}
