/** Cookies restored over browsers that know them by page, or keep less of them. */
import type { Cookie, SessionDocument } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { BrowserFeatures, CookieAttribute } from '../src/browser/driver.js';
import { restoreState } from '../src/restore.js';
import { FakeDriver } from './support/fake-driver.js';
import { makeDocument } from './support/session-state.js';

function cookie(fields: Partial<Cookie>): Cookie {
  const { name = 'c', domain = 'a.example' } = fields;
  return { name, domain, value: 'v', hostOnly: true, path: '/', httpOnly: false, secure: true, ...fields };
}

function documentOf(cookies: Cookie[], fields: Partial<SessionDocument> = {}): SessionDocument {
  return { ...makeDocument(), origins: [], tabs: [], ...fields, cookies };
}

function driverWith(features: Partial<BrowserFeatures>): FakeDriver {
  const driver = new FakeDriver();
  driver.features = { ...driver.features, ...features };
  return driver;
}

async function lossesOf(driver: FakeDriver, cookies: Cookie[]) {
  const { losses } = await restoreState(driver, { document: documentOf(cookies), batches: [] });
  return losses.map(({ code, item, detail }) => [code, item, detail]);
}

describe('places', () => {
  const origin = (name: string) => ({ origin: name, localStorage: [], indexedDB: [] });

  test('a cookie is set, looked for and deleted where the session has an origin that receives it, else at its own source', async () => {
    const driver = driverWith({ allCookies: false });
    const places = new Map<string, string | undefined>();
    const { setCookie, deleteCookie } = driver;
    driver.setCookie = async (each, place) => {
      places.set(each.name, place);
      return setCookie(each, place);
    };
    driver.deleteCookie = async (each, place) => {
      places.set(`deleted ${each.name}`, place);
      return deleteCookie(each, place);
    };
    driver.cookies = async (asked = []) => {
      places.set('all', [...asked].toSorted().join(' '));
      return { cookies: [...driver.jar], losses: [] };
    };
    driver.jar.push(cookie({ name: 'other', domain: 'app.a.example', path: '/deep' }));
    const cookies = [
      cookie({ name: 'exact', domain: 'app.a.example', path: '/x' }),
      cookie({ name: 'domain', hostOnly: false }),
      cookie({ name: 'plain', domain: 'local.example', secure: false }),
      cookie({ name: 'source', domain: 'b.example', secure: false, sourceScheme: 'secure', sourcePort: 444 }),
      cookie({ name: 'unknown', domain: 'c.example', secure: false }),
    ];
    const document = documentOf(cookies, {
      origins: [
        origin('http://app.a.example:81'),
        origin('https://app.a.example:8443'),
        origin('http://local.example:82'),
      ],
      tabs: [{ url: 'http://tab.example:83/page?q', sessionStorage: [] }],
    });
    await restoreState(driver, { document, batches: [] }, { tabs: 'none' });
    const all = places.get('all');
    places.delete('all');
    expect(Object.fromEntries(places)).toEqual({
      'deleted other': 'https://app.a.example:8443/deep',
      exact: 'https://app.a.example:8443/x',
      domain: 'https://app.a.example:8443/',
      plain: 'http://local.example:82/',
      source: 'https://b.example:444/',
      unknown: 'http://c.example/',
    });
    for (const place of ['http://tab.example:83/page?q', 'http://app.a.example:81/', 'http://c.example/']) {
      expect(all?.split(' ')).toContain(place);
    }
  });
});

describe('[PSP-RES-6] attributes that a browser cannot keep', () => {
  /** A browser that keeps none of them. */
  function forgetful(...attributes: CookieAttribute[]): FakeDriver {
    const driver = driverWith({ inexactCookieAttributes: attributes });
    driver.setCookie = async (asked) => {
      const kept = { ...asked };
      for (const attribute of attributes) delete kept[attribute];
      driver.jar.push(kept);
      return { ok: true };
    };
    return driver;
  }

  test('are one loss for all cookies, which counts them', async () => {
    const driver = forgetful('sameSite', 'priority', 'sourceScheme', 'sourcePort');
    const source = { sourceScheme: 'secure', sourcePort: 443 } as const;
    const losses = await lossesOf(driver, [
      cookie({ name: 'a', priority: 'high', ...source }),
      cookie({ name: 'b', priority: 'medium', ...source }),
      cookie({ name: 'c', priority: 'low', sameSite: 'lax' }),
    ]);
    expect(losses).toEqual([
      [
        'cookie-attributes-dropped',
        undefined,
        'priority of 2 cookies, sourceScheme of 2 cookies, sourcePort of 2 cookies, sameSite of 1 cookie',
      ],
    ]);
  });

  test('are no loss where the session knows none, or only what every browser does by itself', async () => {
    const driver = forgetful('priority', 'sourceScheme', 'sourcePort');
    expect(await lossesOf(driver, [cookie({ priority: 'medium' }), cookie({ name: 'd' })])).toEqual([]);
  });

  test('are told of each cookie where the browser should have kept them', async () => {
    const driver = forgetful('priority');
    const { setCookie } = driver;
    driver.setCookie = async (asked) => setCookie({ ...asked, sameSite: 'none', httpOnly: true });
    const losses = await lossesOf(driver, [cookie({ priority: 'high' })]);
    expect(losses).toEqual([
      ['cookie-altered', 'c (a.example/)', 'httpOnly: asked false, kept true, sameSite: asked unset, kept none'],
      ['cookie-attributes-dropped', undefined, 'priority of 1 cookie'],
    ]);
  });
});
