/** Choices: which rules there are, what they match, and what of a document they take. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chooseDocument,
  Chooser,
  globMatches,
  parseChoice,
  siteOf,
  type ChoiceInput,
  type SessionDocument,
} from '../src/index.js';
import { aCookie, aDocument, anOrigin, aStore } from './documents.js';

function chooser(input: ChoiceInput): Chooser {
  const choice = parseChoice(input);
  return new Chooser(choice === undefined ? [] : [choice]);
}

describe('rules', () => {
  test('short forms stand for the same rules as long ones', () => {
    const include = [
      'https://a.example',
      'HTTPS://A.example:443/',
      'a.example',
      'bücher.example',
      'localhost',
      'tab',
      'cookie:session*',
      'a.example cookie:with space: and colon',
      'http://127.0.0.1:8080 localStorage',
    ];
    expect(parseChoice({ include })).toEqual({
      include: [
        { origin: 'https://a.example' },
        { origin: 'https://a.example' },
        { site: 'a.example' },
        { site: 'xn--bcher-kva.example' },
        { site: 'localhost' },
        { kind: 'tab' },
        { kind: 'cookie', name: 'session*' },
        { site: 'a.example', kind: 'cookie', name: 'with space: and colon' },
        { origin: 'http://127.0.0.1:8080', kind: 'localStorage' },
      ],
    });
    expect(parseChoice({ exclude: [{ site: 'a.example', kind: 'cache', name: '*' }] })).toEqual({
      exclude: [{ site: 'a.example', kind: 'cache', name: '*' }],
    });
    expect(parseChoice({})).toBeUndefined();
    expect(parseChoice({ exclude: [] })).toBeUndefined();
  });

  test.each<[unknown, RegExp]>([
    [{ include: [] }, /^include: expected at least one rule/],
    [{ include: 'a.example' }, /^include: expected a list of rules, found string/],
    [{ exclude: ['a.example', 7] }, /^exclude\[1\]: expected a rule, found number/],
    [{ exclude: [{}] }, /^exclude\[0\]: expected one of origin, site, kind, name, found none/],
    [{ exclude: [{ kinds: 'cookie' }] }, /^exclude\[0\]: expected origin, site, kind, name, found "kinds"/],
    [{ exclude: [{ kind: 'cookies' }] }, /^exclude\[0\]: kind: expected one of cookie, .*found "cookies"/],
    [{ exclude: [{ kind: 'cookie', name: '' }] }, /^exclude\[0\]: name: expected a text, found an empty one/],
    [{ exclude: ['cookies:a'] }, /^exclude\[0\] \("cookies:a"\): expected one of cookie, .*found "cookies"/],
    [{ exclude: ['https://a.example/path'] }, /^exclude\[0\].*: expected an origin such as/],
    [{ exclude: ['file:secret*'] }, /^exclude\[0\]: the private files of an origin are taken or left as a whole/],
    [{ exclude: ['ftp://a.example'] }, /^exclude\[0\].*: expected an origin such as/],
    [{ exclude: ['www.a.example'] }, /^exclude\[0\].*registrable domain.*whose site is a\.example/],
    [{ exclude: ['a.example:80'] }, /^exclude\[0\].*: expected a site such as/],
    [{ exclude: [''] }, /^exclude\[0\].*: expected a site such as/],
  ])('[PSP-CHO-1] %j is refused, and the rule named', (input, message) => {
    expect(() => parseChoice(input as ChoiceInput)).toThrow(message);
    expect(() => parseChoice(input as ChoiceInput)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  test('the site of a host is its registrable domain, private suffixes included', () => {
    const sites = ['www.a.co.uk', 'me.github.io', 'x.me.github.io', 'co.uk', 'localhost', '127.0.0.1', '[::1]'].map(
      siteOf,
    );
    expect(sites).toEqual(['a.co.uk', 'me.github.io', 'me.github.io', 'co.uk', 'localhost', '127.0.0.1', '[::1]']);
  });

  test('a pattern matches as the regular expression that it stands for', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const parts = pattern.split('*').map((part) => part.replace(/[/]/g, '\\/'));
        expect(globMatches(pattern, name)).toBe(new RegExp(`^${parts.join('.*')}$`, 's').test(name));
      }),
    );
  });
});

describe('what a choice takes', () => {
  test('[PSP-CHO-2] members that stand together must all match, and exclude wins over include', () => {
    const { choices } = chooser({ include: ['a.example', 'cookie:shared'], exclude: ['https://b.a.example cookie'] });
    const one = new Chooser(choices);
    expect(one.takesCookie(aCookie({ name: 'x', domain: 'a.example' }))).toBe(true);
    expect(one.takesCookie(aCookie({ name: 'x', domain: 'c.example' }))).toBe(false);
    expect(one.takesCookie(aCookie({ name: 'shared', domain: 'c.example' }))).toBe(true);
    expect(one.takesCookie(aCookie({ name: 'shared', domain: 'b.a.example' }))).toBe(false);
    expect(one.takes('localStorage', { origin: 'https://b.a.example' }, ['any'])).toBe(true);
    expect(one.takesSomeOf({ origin: 'https://c.example' })).toBe(false);
  });

  test('the cookies of an origin are those that its host is sent', () => {
    const one = chooser({ include: ['https://www.a.example'] });
    expect(one.takesCookie(aCookie({ domain: 'a.example', hostOnly: false }))).toBe(true);
    expect(one.takesCookie(aCookie({ domain: 'a.example', hostOnly: true }))).toBe(false);
    expect(one.takesCookie(aCookie({ domain: 'other.a.example' }))).toBe(false);
  });

  test('what is partitioned below an excluded site goes with it', () => {
    const partitionKey = { topLevelSite: 'https://shop.example', hasCrossSiteAncestor: true };
    const one = chooser({ exclude: ['shop.example'] });
    expect(one.takesCookie(aCookie({ domain: 'pay.example', partitionKey }))).toBe(false);
    expect(one.takesSomeOf({ origin: 'https://pay.example', partition: partitionKey })).toBe(false);
    expect(one.takesSomeOf({ origin: 'https://pay.example' })).toBe(true);
  });

  test('before names are known only a whole kind is out; two choices take what both take', () => {
    const one = chooser({ exclude: ['localStorage:theme', 'cache', 'file'] });
    const place = { origin: 'https://a.example' };
    expect(['localStorage', 'cache', 'file'].map((kind) => one.takesSome(kind as 'cache', place))).toEqual([
      true,
      false,
      false,
    ]);
    const both = new Chooser([...one.choices, ...chooser({ include: ['localStorage:t*'] }).choices]);
    expect(['theme', 'token', 'other'].map((name) => both.takes('localStorage', place, [name]))).toEqual([
      false,
      true,
      false,
    ]);
    expect(both.takesSome('indexedDB', place)).toBe(false);
  });
});

const item = (name: string) => ({ name, value: 'v' });
const record = { key: 1, value: 'v' };

function everything(): SessionDocument {
  return aDocument({
    cookies: [aCookie({ name: 'sid' }), aCookie({ name: 'theme' }), aCookie({ domain: 'b.example', hostOnly: false })],
    origins: [
      anOrigin({ origin: 'https://b.example' }),
      anOrigin({
        localStorage: [item('token'), item('theme')],
        indexedDB: [
          { name: 'ads', version: 1, stores: [aStore({ records: [record] })] },
          {
            name: 'db',
            version: 1,
            stores: [aStore({ records: [record] }), aStore({ name: 'log', records: [record] })],
          },
        ],
        caches: [{ name: 'assets', records: [record] }],
        serviceWorkers: [
          { scope: 'https://app.example/', scriptURL: 'https://app.example/w.js', updateViaCache: 'all' },
        ],
      }),
    ],
    tabs: [
      {
        url: 'https://b.example/x',
        active: true,
        sessionStorage: [
          { origin: 'https://b.example', items: [item('b')] },
          { origin: 'https://app.example', items: [item('a')] },
        ],
      },
      {
        url: 'https://app.example/',
        history: { entries: [{ url: 'https://b.example/secret' }, { url: 'https://app.example/' }], index: 1 },
        sessionStorage: [],
      },
    ],
    environment: { locale: 'de', permissions: [{ origin: 'https://b.example', name: 'camera', state: 'granted' }] },
    http: { credentials: [{ origin: 'https://b.example', username: 'u', password: 'p' }] },
    authenticators: [
      {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        credentials: [
          { credentialId: 'c', isResidentCredential: true, rpId: 'b.example', privateKey: 'k', signCount: 1 },
        ],
      },
    ],
    losses: [{ code: 'origin-failed', kind: 'origin', origin: 'https://b.example' }],
  });
}

describe('a document of what was chosen', () => {
  test('[PSP-CHO-3] nothing in it names what an excluded site holds, and what was left is counted', () => {
    const { document, skipped, placeOf } = chooseDocument(everything(), chooser({ exclude: ['b.example'] }));
    expect(JSON.stringify({ ...document, choices: [] })).not.toContain('b.example');
    expect(skipped).toEqual(
      expect.arrayContaining([
        { kind: 'cookie', origin: '.b.example', count: 1 },
        { kind: 'origin', origin: 'https://b.example', count: 1 },
        { kind: 'sessionStorage', origin: 'https://b.example', count: 1 },
        { kind: 'tab', origin: 'https://b.example', count: 1 },
        { kind: 'environment', origin: 'https://b.example', count: 2 },
        { kind: 'webauthn', count: 1 },
      ]),
    );
    expect(document.tabs[0]).toEqual({
      url: 'https://app.example/',
      active: true,
      sessionStorage: [{ origin: 'https://app.example', items: [item('a')] }],
    });
    expect(document.tabs[1]?.history).toEqual({ entries: [{ url: 'https://app.example/' }], index: 0 });
    expect(document.environment).toEqual({ locale: 'de' });
    expect(document.choices).toEqual([{ exclude: [{ site: 'b.example' }] }]);
    expect(placeOf([1, 1, 0])).toEqual([0, 1, 0]);
    expect(placeOf([0, 0, 0])).toBeUndefined();
  });

  test('by name: a database that is left is gone, a store that is left keeps its shape', () => {
    const rules = ['theme', 'indexedDB:ads', 'indexedDB:db/log', 'cache', 'serviceWorker:*w*'].map((rule) =>
      rule === 'theme' ? { name: 'theme' } : rule,
    );
    const { document, skipped, placeOf } = chooseDocument(everything(), chooser({ exclude: rules }));
    const [, state] = document.origins;
    expect(document.cookies.map(({ name }) => name)).toEqual(['sid', 'sid']);
    expect(state?.localStorage).toEqual([item('token')]);
    expect(state?.indexedDB).toEqual([
      { name: 'db', version: 1, stores: [aStore({ records: [record] }), aStore({ name: 'log', records: [] })] },
    ]);
    expect(state).not.toHaveProperty('caches');
    expect(state?.serviceWorkers).toHaveLength(1);
    expect(skipped.filter(({ kind }) => kind === 'indexedDB')).toEqual([
      { kind: 'indexedDB', origin: 'https://app.example', count: 2 },
    ]);
    expect(
      [
        [1, 0, 0],
        [1, 1, 0],
        [1, 1, 1],
      ].map(placeOf),
    ).toEqual([undefined, [1, 0, 0], undefined]);
  });

  test('[PSP-STO-4] [PSP-CHO-3] what is kept below another site stays there, and goes with that site', () => {
    const origin = 'https://pay.example';
    const below = (topLevelSite: string) => ({ partition: { topLevelSite, hasCrossSiteAncestor: true } });
    const [shop, other] = [below('https://shop.example'), below('https://b.example')];
    const lossAt = (site: string) => [
      { code: 'origin-timeout', kind: 'indexedDB' as const, origin: `${origin} below ${site}`, item: 'db' },
      { code: 'partitioned-storage-not-read', kind: 'origin' as const, origin, item: `below ${site}` },
    ];
    const areas = [shop, other].map((place) => ({ origin, ...place, items: [item('k')] }));
    const document = aDocument({
      origins: [shop, other].map((place) => anOrigin({ origin, ...place, localStorage: [item('k')] })),
      tabs: [{ url: 'https://shop.example/', sessionStorage: areas }],
      losses: [...lossAt('https://shop.example'), ...lossAt('https://b.example')],
    });
    const taken = chooseDocument(document, chooser({ include: [origin], exclude: ['b.example'] })).document;
    expect(taken.origins.map(({ partition }) => partition)).toEqual([shop.partition]);
    expect(taken.tabs.map(({ sessionStorage }) => sessionStorage)).toEqual([[areas[0]]]);
    expect(taken.losses).toEqual(lossAt('https://shop.example'));
  });

  test('no choice takes all, and says nothing', () => {
    const document = everything();
    expect(chooseDocument(document, chooser({}))).toMatchObject({ document, skipped: [] });
    expect(chooseDocument(document, chooser({})).document).toEqual(document);
  });

  test('to choose twice is to choose once', () => {
    const rule = fc.constantFrom(
      'b.example',
      'app.example',
      'https://app.example',
      'cookie',
      'tab',
      'localStorage:t*',
      'indexedDB:db/*',
      'environment',
      'sessionStorage',
    );
    const list = fc.array(rule, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.option(list, { nil: undefined }), list, (include, exclude) => {
        const one = chooser({ include, exclude });
        const first = chooseDocument(everything(), one);
        const again = chooseDocument(first.document, one);
        expect({ ...again.document, choices: [] }).toEqual({ ...first.document, choices: [] });
      }),
    );
  });
});
