/** Cookies between Playwright's form and ours, and what its browsers other than Chromium make of them. Knows nothing of pages. */
import { cookieIdentity, PspError, type Cookie, type Loss } from '@psp/protocol';
import type { ApiContext, ApiCookie, NewCookie } from './playwright.js';
import { ask, inOurWords, refusalOf } from './words.js';

type Engine = 'firefox' | 'webkit';

const SAME_SITE = { Strict: 'strict', Lax: 'lax', None: 'none' } as const;
const SAME_SITE_API = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;

/**
 * What an unset SameSite reads as: a cookie that reads so may have it or may have none, and is told without one. Firefox measured
 * (ESR 153 by Playwright 1.64). WebKit as WebKitGTK's own WebDriver tells it; Playwright's WebKit was not at hand.
 */
const AMBIGUOUS: Readonly<Record<Engine, ApiCookie['sameSite']>> = { firefox: 'Lax', webkit: 'None' };

/** The cookies of one context. */
export class Cookies {
  /** What was set here, by identity: of these alone it is known whether SameSite is unset. */
  readonly #set = new Map<string, Cookie>();

  constructor(
    readonly context: ApiContext,
    readonly engine: Engine,
    /** Milliseconds for each call. */
    readonly timeoutMs: number,
  ) {}

  /**
   * All of them. Playwright does not tell the partition of a cookie: of several that differ by it alone, the first is told and
   * the others are losses, and so are those of which `isForeign` says that they come from frames below other sites. Where SameSite
   * may be unset, it is told as unset, which one loss says for all.
   */
  async list(isForeign: (cookie: Cookie) => boolean = () => false): Promise<{ cookies: Cookie[]; losses: Loss[] }> {
    const cookies = new Map<string, Cookie>();
    const losses: Loss[] = [];
    let unsure = 0;
    for (const each of await ask(this.context.cookies(), this.timeoutMs, 'context.cookies')) {
      const cookie = fromApi(each);
      if (isForeign(cookie)) {
        losses.push(partitioned(cookie));
        continue;
      }
      const identity = cookieIdentity(cookie);
      const sameSite = this.#sameSiteOf(each, identity);
      if (cookies.has(identity)) losses.push(sameButForPartition(cookie));
      else cookies.set(identity, { ...cookie, ...sameSite });
      if (sameSite === undefined) unsure += 1;
    }
    if (unsure > 0) losses.push(unsureOf(unsure, AMBIGUOUS[this.engine]));
    return { cookies: [...cookies.values()], losses };
  }

  /** Firefox drops what it does not like without a word, so each cookie is looked for afterwards. */
  async set(cookie: Cookie): Promise<{ ok: boolean; reason?: string }> {
    if (cookie.partitionKey !== undefined) {
      return { ok: false, reason: 'Playwright cannot set partitioned cookies in this browser.' };
    }
    try {
      await ask(this.#add(cookie), this.timeoutMs, 'context.addCookies');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { ok: false, reason: error.message };
    }
    const identity = cookieIdentity(cookie);
    this.#set.set(identity, cookie);
    const { cookies } = await this.list();
    const kept = cookies.find((each) => cookieIdentity(each) === identity);
    if (kept === undefined) return { ok: false, reason: 'The browser dropped it without a word.' };
    return kept.value === cookie.value ? { ok: true } : { ok: false, reason: 'The browser keeps another value.' };
  }

  async delete(cookie: Cookie): Promise<void> {
    const { name, path } = cookie;
    await ask(
      this.context.clearCookies({ name, domain: domainOf(cookie), path }),
      this.timeoutMs,
      'context.clearCookies',
    );
  }

  /** Undefined when it is not known, which is not the same as unset. */
  #sameSiteOf({ sameSite, value }: ApiCookie, identity: string): Pick<Cookie, 'sameSite'> | undefined {
    if (sameSite !== AMBIGUOUS[this.engine]) return { sameSite: SAME_SITE[sameSite] };
    const set = this.#set.get(identity);
    if (set?.value !== value) return undefined;
    return set.sameSite === undefined ? {} : { sameSite: set.sameSite };
  }

  async #add(cookie: Cookie): Promise<void> {
    try {
      await this.context.addCookies([toApi(cookie)]);
    } catch (error) {
      throw inOurWords(error) ?? new Refused(cookie, error);
    }
  }
}

/** Playwright or the browser refused a cookie; the message never holds its value. */
class Refused extends PspError {
  constructor(cookie: Cookie, error: unknown) {
    const words = refusalOf(error);
    const quotes = cookie.value !== '' && words.includes(cookie.value);
    super('UNSUPPORTED', quotes ? 'Playwright would not take it.' : words);
  }
}

/** All but SameSite. */
function fromApi(cookie: ApiCookie): Cookie {
  const hostOnly = !cookie.domain.startsWith('.');
  return {
    name: cookie.name,
    value: cookie.value,
    domain: hostOnly ? cookie.domain : cookie.domain.slice(1),
    hostOnly,
    path: cookie.path,
    ...(cookie.expires < 0 ? {} : { expires: cookie.expires }),
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
  };
}

function toApi(cookie: Cookie): NewCookie {
  return {
    name: cookie.name,
    value: cookie.value,
    domain: domainOf(cookie),
    path: cookie.path,
    expires: cookie.expires ?? -1,
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    // Left out, it is set as unset: Firefox then sends the cookie with cross-site posts, which it would not with Lax.
    ...(cookie.sameSite === undefined ? {} : { sameSite: SAME_SITE_API[cookie.sameSite] }),
  };
}

function domainOf({ domain, hostOnly }: Cookie): string {
  return hostOnly ? domain : `.${domain}`;
}

function sameButForPartition({ name, domain, path }: Cookie): Loss {
  const detail =
    'There are several of this name, domain and path. Playwright does not tell their partitions; the first is kept.';
  return { code: 'cookie-partition-opaque', kind: 'cookie', item: `${name} (${domain}${path})`, detail };
}

/** Set again without its partition, it would follow the user from site to site. */
function partitioned({ name, domain, path }: Cookie): Loss {
  const detail =
    'Its site is only known from frames below other sites, so the cookie belongs to a partition, which Playwright does not tell.';
  const advice = 'Capture by WebDriver BiDi, or open a page of the site itself before the capture.';
  return { code: 'cookie-partition-opaque', kind: 'cookie', item: `${name} (${domain}${path})`, detail, advice };
}

function unsureOf(count: number, reads: string): Loss {
  const cookies = count === 1 ? '1 cookie' : `${count} cookies`;
  const detail = `sameSite of ${cookies}: Playwright says ${reads} for those and for cookies that have none. It is left unset.`;
  const advice =
    'Capture by WebDriver BiDi where it matters whether such cookies go along with requests from other sites.';
  return { code: 'cookie-attributes-dropped', kind: 'cookie', detail, advice };
}
