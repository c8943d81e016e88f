/** Cases of the driver suite about cookies. A driver that sees cookies by page only is asked about hosts of the site. */
import assert from 'node:assert/strict';
import { cookieIdentity, type Cookie } from '@psp/protocol';
import type { BrowserDriver } from '../browser/driver.js';
import type { DriverCase, DriverSite } from './driver-case.js';

export const COOKIE_CASES: readonly DriverCase[] = [
  {
    name: '[PSP-TRAP-16] [PSP-TRAP-18] [PSP-COOKIE-5] sets and reads back every attribute of a cookie that it knows',
    async run({ driver }, site) {
      const jar = new Jar(driver, site);
      const kinds = jar.kinds();
      const refused: Cookie[] = [];
      for (const cookie of kinds) {
        const { ok, reason } = await driver.setCookie(cookie, jar.placeOf(cookie));
        // Not every browser can tell the two kinds of partition apart, nor set a cookie without a name; then it has to say no.
        const mayBeRefused = cookie.partitionKey !== undefined || cookie.name === '';
        if (!ok && mayBeRefused && reason !== undefined) refused.push(cookie);
        else assert.deepEqual({ ok, reason }, { ok: true, reason: undefined }, cookie.name);
      }
      const partitioned = refused.filter(({ partitionKey }) => partitionKey !== undefined);
      assert.ok(partitioned.length < 2, 'a browser with partitions can set one kind');
      const read = await jar.read();
      for (const cookie of kinds) {
        const found = read.get(cookieIdentity(cookie));
        assert.deepEqual(jar.known(found), refused.includes(cookie) ? undefined : jar.known(cookie), cookie.name);
      }
    },
  },
  {
    name: 'tells of a refused cookie without losing the others',
    async run({ driver }, site) {
      const jar = new Jar(driver, site);
      const [bad, good] = [jar.cookie({ name: 'bad', value: 'a;b' }), jar.cookie({ name: 'good' })];
      const outcomes = [
        await driver.setCookie(bad, jar.placeOf(bad)).catch(() => undefined),
        await driver.setCookie(good, jar.placeOf(good)),
      ];
      assert.equal(outcomes[0]?.ok, false);
      assert.ok((outcomes[0]?.reason ?? '') !== '', 'it says why');
      assert.equal(outcomes[1]?.ok, true);
      const names = Array.from((await jar.read()).values(), ({ name }) => name);
      assert.deepEqual(names, ['good']);
    },
  },
  {
    name: '[PSP-TRAP-19] deletes one cookie of several that differ in path, domain or partition only',
    async run({ driver }, site) {
      const jar = new Jar(driver, site);
      const deleted = jar.cookie({ hostOnly: false });
      const others = [
        jar.cookie({}),
        jar.cookie({ path: '/p' }),
        ...jar.kinds().filter(({ partitionKey }) => partitionKey !== undefined),
      ];
      const set: Cookie[] = [];
      for (const cookie of [...others, deleted]) {
        const { ok } = await driver.setCookie(cookie, jar.placeOf(cookie));
        if (ok) set.push(cookie);
        else assert.notEqual(cookie.partitionKey, undefined, 'only a partitioned cookie may be refused');
      }
      await driver.deleteCookie(deleted, jar.placeOf(deleted));
      const left = await jar.list();
      assert.equal(left.length, set.length - 1);
      assert.ok(
        left.every((cookie) => cookie.hostOnly),
        'the one for subdomains is gone',
      );
    },
  },
  {
    name: 'tells cookies of places that no tab has open, HttpOnly ones included',
    async run({ driver, goto }, site) {
      const jar = new Jar(driver, site);
      const cookie = jar.cookie({ name: 'http-only', httpOnly: true });
      await driver.setCookie(cookie, jar.placeOf(cookie));
      await goto(`${site.origin('elsewhere.localhost')}/`);
      const names = (await driver.cookies()).cookies.map(({ name }) => name);
      assert.deepEqual(names, driver.features.allCookies ? [cookie.name] : [], 'without places');
      assert.deepEqual([...(await jar.read()).values()].map(jar.known), [jar.known(cookie)]);
    },
  },
];

/** Cookies that the driver can be asked about, and how to read them again. */
class Jar {
  readonly #driver: BrowserDriver;
  readonly #base: Cookie;
  /** Of the hosts and paths that the cases use. */
  readonly #places: string[];

  constructor(driver: BrowserDriver, site: DriverSite) {
    this.#driver = driver;
    // A host that no name server knows can be asked about only where no page is needed for it.
    const { protocol, hostname, port } = new URL(
      driver.features.allCookies ? 'https://site.example:443' : site.origin('shop.localhost'),
    );
    const secure = protocol === 'https:';
    this.#base = {
      name: 'c',
      value: 'v',
      domain: hostname,
      hostOnly: true,
      path: '/',
      httpOnly: false,
      secure,
      priority: 'medium',
      sourceScheme: secure ? 'secure' : 'non-secure',
      sourcePort: port === '' ? 443 : Number(port),
    };
    this.#places = ['', 'p', 'deep/path', 'sub'].map((part) =>
      this.placeOf(part === 'sub' ? { ...this.#base, domain: `sub.${hostname}` } : { ...this.#base, path: `/${part}` }),
    );
  }

  cookie(fields: Partial<Cookie>): Cookie {
    return { ...this.#base, ...fields };
  }

  /** An address to which the cookie is sent. */
  placeOf({ domain, path }: Cookie): string {
    const { sourcePort, sourceScheme } = this.#base;
    return new URL(`${sourceScheme === 'secure' ? 'https' : 'http'}://${domain}:${sourcePort}${path}`).href;
  }

  async list(): Promise<Cookie[]> {
    return (await this.#driver.cookies(this.#places)).cookies;
  }

  async read(): Promise<Map<string, Cookie>> {
    return new Map((await this.list()).map((cookie) => [cookieIdentity(cookie), cookie]));
  }

  /** What the driver has to tell of the cookie. Browsers keep the expiry to the microsecond; the cases ask for whole seconds. */
  readonly known = (cookie: Cookie | undefined): Partial<Cookie> | undefined => {
    if (cookie === undefined) return undefined;
    const known: Partial<Cookie> = { ...cookie };
    for (const attribute of this.#driver.features.inexactCookieAttributes) delete known[attribute];
    return cookie.expires === undefined ? known : { ...known, expires: Math.round(cookie.expires) };
  };

  kinds(): Cookie[] {
    const { allCookies, partitionedCookies } = this.#driver.features;
    return [
      ...this.#everywhere(),
      ...(allCookies ? this.#bySecureSites() : []),
      ...(allCookies && partitionedCookies ? this.#partitioned() : []),
    ];
  }

  #everywhere(): Cookie[] {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    return [
      this.cookie({ name: 'plain' }),
      this.cookie({ name: 'domain', hostOnly: false }),
      this.cookie({ name: 'sub', domain: `sub.${this.#base.domain}`, hostOnly: false }),
      this.cookie({ name: 'path', path: '/deep/path' }),
      this.cookie({ name: 'expires', expires }),
      this.cookie({ name: 'http-only', httpOnly: true }),
      this.cookie({ name: 'strict', sameSite: 'strict' }),
      this.cookie({ name: 'lax', sameSite: 'lax' }),
      this.cookie({ name: 'low', priority: 'low' }),
      this.cookie({ name: 'high', priority: 'high' }),
      this.cookie({ name: 'empty', value: '' }),
      this.cookie({ name: 'quoted', value: '"a=b, c"' }),
      this.cookie({ name: 'long', value: 'x'.repeat(4000) }),
    ];
  }

  #bySecureSites(): Cookie[] {
    return [
      this.cookie({ name: 'none', sameSite: 'none' }),
      this.cookie({ name: '__Host-id' }),
      this.cookie({ name: '__Secure-id', hostOnly: false }),
      this.cookie({ name: 'insecure', secure: false, sourceScheme: 'non-secure', sourcePort: 8080 }),
      this.cookie({ name: 'address', domain: '127.0.0.1' }),
      this.cookie({ name: '', value: 'without a name' }),
    ];
  }

  #partitioned(): Cookie[] {
    return [false, true].map((hasCrossSiteAncestor) =>
      this.cookie({
        name: 'chips',
        sameSite: 'none',
        partitionKey: { topLevelSite: 'https://top.example', hasCrossSiteAncestor },
      }),
    );
  }
}
