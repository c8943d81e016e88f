/** Cookies that together hold one value: what is too long for one stands in `name.0`, `name.1` and so on. */
import { cookieIdentity } from '../cookie.js';
import type { Cookie } from '../schema/session.js';

/** Each cookie once, those that belong together as one, by their common name. */
export function joinedCookies(cookies: readonly Cookie[]): Cookie[] {
  const rest = new Map(cookies.map((cookie) => [cookieIdentity(cookie), cookie]));
  const joined: Cookie[] = [];
  for (const first of cookies) {
    const base = first.name.endsWith('.0') ? first.name.slice(0, -2) : '';
    if (base === '') continue;
    let value = '';
    for (let part = 0; ; part += 1) {
      const identity = cookieIdentity({ ...first, name: `${base}.${part}` });
      const next = rest.get(identity);
      if (next === undefined) break;
      value += next.value;
      rest.delete(identity);
    }
    joined.push({ ...first, name: base, value });
  }
  return [...rest.values(), ...joined];
}
