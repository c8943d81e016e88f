/** Tokens in a session, wherever programs keep them, and when the login ends. */
import { describe, expect, test } from 'vitest';
import { earliestExpiry, listExpiries, tokensOf, type Cookie, type OriginState, type WireValue } from '../src/index.js';
import { aCookie, aDocument, anOrigin, withRecords } from './documents.js';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object, header: object = {}): string =>
  `${base64url({ alg: 'HS256', ...header })}.${base64url(claims)}.c2lnbmF0dXJl`;
const jwe = `${base64url({ alg: 'dir', enc: 'A256GCM' })}..aXY.Y2lwaGVydGV4dA.dGFn`;
const OPAQUE = 'opaque-canary-1';
const AT = 1_800_000_000;
const TIME = '2027-01-15T08:00:00.000Z';

const inStorage = (items: Record<string, unknown>) =>
  tokensOf(
    aDocument({
      origins: [
        anOrigin({
          localStorage: Object.entries(items).map(([name, value]) => ({
            name,
            value: typeof value === 'string' ? value : JSON.stringify(value),
          })),
        }),
      ],
    }),
  );
const inCookies = (values: Record<string, string>) =>
  tokensOf(aDocument({ cookies: Object.entries(values).map(([name, value]) => aCookie({ name, value })) }));
const inRecord = (value: WireValue) => tokensOf(withRecords([{ key: 'k', value }]));
const brief = (tokens: readonly { kind: string; expiresAt?: string }[]) =>
  tokens.map(({ kind, expiresAt }) => (expiresAt === undefined ? kind : `${kind} ${expiresAt}`));

describe('where tokens lie', () => {
  test('[PSP-TOK-1] a JWT is told by its claims and place, and is not itself told', () => {
    const token = jwt({ iss: 'https://id.example', aud: 'app', sub: 'ann', exp: AT, cnf: { jkt: 'x' } });
    const document = aDocument({ cookies: [aCookie({ name: 'sid', value: token })] });
    expect(tokensOf(document)).toEqual([
      {
        kind: 'unknown',
        place: { kind: 'cookie', origin: 'app.example', item: 'sid' },
        issuer: 'https://id.example',
        audience: ['app'],
        subject: 'ann',
        expiresAt: TIME,
        keyBound: true,
      },
    ]);
    const all = [tokensOf(document), inStorage({ access_token: OPAQUE }), listExpiries(document)];
    for (const part of [...token.split('.'), OPAQUE]) expect(JSON.stringify(all)).not.toContain(part);
  });

  test.each([
    ['percent-encoded JSON', { a: encodeURIComponent(JSON.stringify({ access_token: OPAQUE })) }],
    ['base64url JSON', { a: base64url({ auth: { refresh_token: OPAQUE } }) }],
    ['base64 with a prefix, in parts', chunked(`base64-${base64url({ access_token: OPAQUE, expires_at: AT })}`)],
    ['an encrypted JWT in parts', chunked(jwe)],
    ['JSON of a framework', { a: `j:${JSON.stringify({ idToken: OPAQUE })}` }],
    ['a bearer', { access_token: `Bearer ${OPAQUE}` }],
  ])('in a cookie as %s', (_how, cookies) => {
    expect(inCookies(cookies)).toHaveLength(1);
  });

  test('in sessionStorage, in plain trees and in tables of nodes that hold each other', () => {
    const tabs = [{ url: 'about:blank', sessionStorage: [area({ id_token: jwt({ exp: AT }) })] }];
    expect(brief(tokensOf(aDocument({ tabs })))).toEqual([`id ${TIME}`]);
    expect(brief(inRecord({ json: { a: [{ refreshToken: OPAQUE }] } }))).toEqual(['refresh']);
    const nodes = [
      ['object', [['self', { ref: 0 }], ['map', { ref: 1 }]]],
      ['map', [['accessToken', OPAQUE], ['expiresAt', { ref: 2 }]]],
      ['date', AT * 1000],
    ]; // prettier-ignore
    const [found] = inRecord({ nodes, root: { ref: 0 } });
    expect(found).toEqual({
      kind: 'access',
      place: { kind: 'indexedDB', origin: 'https://app.example', item: 'db/items/k' },
      expiresAt: TIME,
    });
  });
});

function chunked(value: string): Record<string, string> {
  return { 'auth.0': value.slice(0, 20), 'auth.1': value.slice(20, 30), 'auth.2': value.slice(30) };
}

function area(items: Record<string, string>) {
  return { origin: 'https://a.example', items: Object.entries(items).map(([name, value]) => ({ name, value })) };
}

const answer = { access_token: OPAQUE, token_type: 'Bearer', refresh_token: `${OPAQUE}-r`, id_token: jwt({ exp: AT }) };
const whole = [`access ${TIME}`, 'refresh', `id ${TIME}`];

describe('the shapes that programs give them', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['oidc-client-ts', { 'oidc.user:https://id.example:app': { ...answer, expires_at: AT, profile: {} } }, whole],
    ['Auth0', { '@@auth0spajs@@::a::b::c': { body: { ...answer, expires_in: 3600 }, expiresAt: AT } }, whole],
    ['an answer with the time it came', { auth: { ...answer, expires_in: 3600, created_at: AT - 3600 } }, whole],
    [
      'MSAL',
      { 'x-accesstoken-y': { credentialType: 'AccessToken', secret: OPAQUE, cachedAt: '1', expiresOn: `${AT}` } },
      [`access ${TIME}`],
    ],
    [
      'Firebase',
      { user: { stsTokenManager: { refreshToken: OPAQUE, accessToken: `${OPAQUE}2`, expirationTime: AT * 1000 } } },
      ['refresh', `access ${TIME}`],
    ],
    [
      'Okta',
      {
        store: {
          refreshToken: { refreshToken: OPAQUE, expiresAt: AT },
          idToken: { idToken: jwt({ exp: AT }), expiresAt: 1 },
        },
      },
      [`refresh ${TIME}`, `id ${TIME}`],
    ],
    [
      'Amplify',
      { 'C.app.ann.refreshToken': jwe, 'C.app.ann.accessToken': jwt({ exp: AT }) },
      ['refresh', `access ${TIME}`],
    ],
    ['entries side by side', { access_token: OPAQUE, expires_at: `${AT * 1000}` }, [`access ${TIME}`]],
    ['text in text', { root: { auth: JSON.stringify({ accessToken: OPAQUE }) } }, ['access']],
  ])('%s', (_program, items, expected) => {
    expect(brief(inStorage(items))).toEqual(expected);
  });

  test('claims tell the kind before the name does', () => {
    const kinds = [{ token_use: 'id' }, { typ: 'Refresh' }, { nonce: 'n' }, { scope: 's' }, {}].map((claims) =>
      jwt(claims),
    );
    expect(brief(inStorage({ ...kinds, access_token: jwt({ token_use: 'id', a: 1 }) }))).toEqual([
      'id',
      'refresh',
      'id',
      'access',
      'unknown',
      'id',
    ]);
    expect(brief(inStorage({ t: jwt({}, { typ: 'at+jwt' }) }))).toEqual(['access']);
    expect(inStorage({ a: { ...answer, token_type: 'DPoP' } }).map(({ keyBound }) => keyBound)).toEqual([
      true,
      true,
      undefined,
    ]);
  });

  test('[PSP-TOK-3] a lifetime without the moment from which it runs is no expiry', () => {
    expect(brief(inStorage({ a: { access_token: OPAQUE, expires_in: 3600 } }))).toEqual(['access']);
  });
});

describe('[PSP-TOK-2] hostile text', () => {
  const times = (text: string, count: number): string => text.repeat(count);
  test.each([
    ['beginnings without end', times('eyJ', 1e6)],
    ['beginnings and dots', times('eyJhbGciOiJ9.', 2e5)],
    ['headers', times(`${base64url({ alg: 'none' })}.x.`, 1e5)],
    ['deep lists', times('[', 1e6) + '"oken"'],
    ['deep objects', `${times('{"access_token":', 1e5)}1${times('}', 1e5)}`],
    ['percent signs', times('%', 1e6)],
    ['layers of percent-encoding', `%${times('25', 1e6)}22`],
    ['a header of 100 kB', `${base64url({ alg: 'a'.repeat(1e5) })}.e30.`],
    ['a name and spaces', times(' oken', 1e6)],
  ])('%s', (_what, value) => {
    expect(inStorage({ access_token: value, [value.slice(0, 1e5)]: 'x' })).toEqual([]);
  });

  test('what only looks like a token is none, and an expiry beyond all time is unknown', () => {
    expect(
      inStorage({ a: 'eyJhbGciOiJIUzI1NiJ9.eyJ!!!.x', b: 'eyJhbGciOiJIUzI1NiJ9.eyJhYWFhYWFh.x', paid_token: OPAQUE }),
    ).toEqual([]);
    expect(brief(inStorage({ a: jwt({ exp: 1e300 }), b: jwt({ exp: 'soon', iss: 5, aud: [{}] }) }))).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  test('a session full of tokens is told in part', () => {
    const items = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`k${i}`, jwt({ i })]));
    expect(inStorage(items)).toHaveLength(1000);
  });
});

describe('[PSP-TOK-4] when the login ends', () => {
  const endOf = (cookies: Partial<Cookie>[], origins: OriginState[] = []) =>
    earliestExpiry(aDocument({ cookies: cookies.map((cookie) => aCookie(cookie)), origins }));
  const LATE = AT + 1000;
  const LATE_TIME = new Date(LATE * 1000).toISOString();
  const storage = (items: Record<string, string>, origin = 'https://app.example') => [
    anOrigin({ origin, localStorage: Object.entries(items).map(([name, value]) => ({ name, value })) }),
  ];

  test('cookies that are HttpOnly or have the name of a login count, others do not', () => {
    expect(
      endOf([
        { name: 'x', expires: LATE },
        { name: 'my_session', httpOnly: false, expires: AT },
      ]),
    ).toBe(TIME);
    const others = ['_ga_session', 'theme', 'XSRF-TOKEN'].map((name) => ({ name, httpOnly: false, expires: AT }));
    const served = ['__cf_bm', 'AWSALB', 'csrf'].map((name) => ({ name, expires: AT }));
    expect(endOf([...others, ...served, { name: 'x', expires: LATE }])).toBe(LATE_TIME);
    expect(endOf([...others, ...served])).toBeUndefined();
  });

  test('an access token counts, unless a refresh token lies for the same host', () => {
    const access = { access_token: jwt({ exp: AT }) };
    expect(endOf([{ name: 'x', expires: LATE }], storage(access))).toBe(TIME);
    expect(endOf([{ name: 'x', expires: LATE }], storage({ ...access, refresh_token: OPAQUE }))).toBe(LATE_TIME);
    expect(endOf([{ name: 'refresh_token', value: OPAQUE, expires: LATE }], storage(access))).toBe(LATE_TIME);
    expect(endOf([], storage({ ...access, refresh_token: jwt({ exp: LATE }) }))).toBe(LATE_TIME);
    expect(endOf([{ name: 'refresh_token', value: OPAQUE }], storage(access, 'https://other.example'))).toBe(TIME);
  });

  test('what had ended before the capture does not count; nothing that tells gives nothing', () => {
    expect(endOf([{ expires: 1_600_000_000 }], storage({ t: jwt({ exp: 1_600_000_000 }) }))).toBeUndefined();
    expect(endOf([{}])).toBeUndefined();
  });
});
