/** Counting and difference of sessions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cookieIdentity, countSession, diffSessions, showKey, type SessionDocument } from '../src/index.js';
import { aCookie, aDocument, anOrigin, aStore, withRecords } from './documents.js';
import { validVectors } from './vectors.js';

describe('counts', () => {
  test('everything is counted, records beside the document too', () => {
    const document = aDocument({
      cookies: [aCookie(), aCookie({ name: 'b' })],
      origins: [anOrigin({ localStorage: [{ name: 'a', value: '' }] }), ...withRecords([{ key: 1, value: 1 }]).origins],
      tabs: [
        {
          url: 'about:blank',
          sessionStorage: [
            {
              origin: 'https://a.example',
              items: [
                { name: 'a', value: '' },
                { name: 'b', value: '' },
              ],
            },
          ],
        },
      ],
      losses: [{ code: 'tab-blocked', kind: 'tab' }],
    });
    expect(countSession(document, [{ count: 10 }, { count: 5 }])).toEqual({
      cookies: 2,
      origins: 2,
      localStorage: 1,
      sessionStorage: 2,
      databases: 1,
      records: 16,
      tabs: 1,
      losses: 1,
    });
  });
});

describe('difference', () => {
  const names = (items: { kind: string; origin?: string; item: string }[]): string[] =>
    items.map(({ kind, origin, item }) => [kind, origin, item].filter((part) => part !== undefined).join(' '));

  const before = aDocument({
    cookies: [
      aCookie({ name: 'same' }),
      aCookie({ name: 'changed', value: 's3cr3t1' }),
      aCookie({ name: 'gone', hostOnly: false }),
    ],
    origins: [
      anOrigin({
        localStorage: [{ name: 'k', value: 's3cr3t1' }],
        indexedDB: [
          {
            name: 'db',
            version: 1,
            stores: [
              aStore({
                records: [
                  { key: 1, value: 'a' },
                  { key: 'x', value: 'b' },
                ],
              }),
            ],
          },
        ],
      }),
    ],
    tabs: [{ url: 'https://app.example/1', sessionStorage: [] }],
  });
  const after = aDocument({
    cookies: [
      aCookie({ name: 'changed', value: 's3cr3t2' }),
      aCookie({ name: 'same' }),
      aCookie({
        name: 'new',
        path: '/a',
        partitionKey: { topLevelSite: 'https://t.example', hasCrossSiteAncestor: true },
      }),
    ],
    origins: [
      anOrigin({
        localStorage: [
          { name: 'k', value: 's3cr3t2' },
          { name: 'n', value: '' },
        ],
        indexedDB: [
          {
            name: 'db',
            version: 2,
            stores: [
              aStore({
                records: [
                  { key: 'x', value: 'c' },
                  { key: 2, value: 'd' },
                ],
              }),
            ],
          },
        ],
      }),
    ],
    tabs: [
      {
        url: 'https://app.example/2',
        sessionStorage: [{ origin: 'https://app.example', items: [{ name: 's', value: '' }] }],
      },
    ],
  });

  test('what was added, removed and changed, by name', () => {
    const diff = diffSessions(before, after);
    expect(names(diff.added)).toEqual([
      'cookie app.example new (path /a) (partition https://t.example)',
      'localStorage https://app.example n',
      'indexedDB https://app.example db/items/2',
      'sessionStorage https://app.example s',
    ]);
    expect(names(diff.removed)).toEqual(['cookie .app.example gone', 'indexedDB https://app.example db/items/1']);
    expect(names(diff.changed)).toEqual([
      'cookie app.example changed',
      'localStorage https://app.example k',
      'indexedDB https://app.example db',
      'indexedDB https://app.example db/items/"x"',
      'tab tab 1',
    ]);
  });

  test('values are told only when asked for', () => {
    expect(JSON.stringify(diffSessions(before, after))).not.toContain('s3cr3t');
    const item = diffSessions(before, after, { values: true }).changed.find(({ item }) => item === 'k');
    expect(item).toMatchObject({ before: { value: 's3cr3t1' }, after: { value: 's3cr3t2' } });
  });

  test('a document does not differ from itself or from its copy, whatever the order of its members', () => {
    const reverse = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reverse);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, reverse(member)]),
      );
    };
    const none = { added: [], removed: [], changed: [] };
    for (const { document } of validVectors()) {
      expect(diffSessions(document as SessionDocument, document as SessionDocument)).toEqual(none);
      expect(diffSessions(document as SessionDocument, reverse(document) as SessionDocument)).toEqual(none);
    }
  });

  test('diff(a, b) is diff(b, a) with the sides exchanged', () => {
    const name = fc.constantFrom('a', 'b', '__proto__', '');
    const items = fc.uniqueArray(fc.record({ name, value: fc.constantFrom('1', '2') }), {
      selector: (item) => item.name,
    });
    fc.assert(
      fc.property(items, items, (left, right) => {
        const [a, b] = [left, right].map((localStorage) => aDocument({ origins: [anOrigin({ localStorage })] })) as [
          SessionDocument,
          SessionDocument,
        ];
        const there = diffSessions(a, b);
        const back = diffSessions(b, a);
        expect(new Set(names(there.added))).toEqual(new Set(names(back.removed)));
        expect(new Set(names(there.changed))).toEqual(new Set(names(back.changed)));
        expect(diffSessions(a, a)).toEqual({ added: [], removed: [], changed: [] });
      }),
    );
  });

  test('[PSP-COOKIE-1] no name, path or partition imitates another identity', () => {
    const part = fc.constantFrom('a', '"', ',', '","', 'a","b', '/', '[', ']', '\\');
    const cookie = fc.record({
      name: part,
      domain: part,
      path: part,
      partitionKey: fc.option(fc.record({ topLevelSite: part, hasCrossSiteAncestor: fc.boolean() }), {
        nil: undefined,
      }),
    });
    const fields = ({
      name,
      domain,
      path,
      partitionKey,
    }: {
      name: string;
      domain: string;
      path: string;
      partitionKey: unknown;
    }): unknown[] => [name, domain, path, partitionKey];
    const identity = (each: object): string => cookieIdentity(each as Parameters<typeof cookieIdentity>[0]);
    fc.assert(
      fc.property(cookie, cookie, (a, b) => {
        const isSame = JSON.stringify(fields(a)) === JSON.stringify(fields(b));
        expect(identity(a) === identity(b)).toBe(isSame);
      }),
    );
  });

  test('keys are shown as people write them', () => {
    expect(showKey(7)).toBe('7');
    expect(showKey('ann')).toBe('"ann"');
    expect(showKey({ json: ['ann', 7] })).toBe('["ann",7]');
    expect(showKey({ nodes: [['date', 0]], root: { ref: 0 } })).toBe('1970-01-01T00:00:00.000Z');
    expect(showKey('x'.repeat(200))).toHaveLength(80);
  });
});

describe('a difference of places and surroundings', () => {
  test('places that are shown alike are told apart; tabs differ by their history, environments by their members', () => {
    const below = (hasCrossSiteAncestor: boolean) =>
      anOrigin({
        partition: { topLevelSite: 'https://shop.example', hasCrossSiteAncestor },
        localStorage: [{ name: 'k', value: 'v' }],
      });
    const permission = (state: 'granted' | 'denied') => ({ origin: 'https://a.example', name: 'camera', state });
    const tab = (index: number) => ({
      ...{ url: 'https://a.example/2', sessionStorage: [] },
      history: { entries: [{ url: 'https://a.example/1' }, { url: 'https://a.example/2' }], index },
    });
    const a = aDocument({
      origins: [below(false)],
      tabs: [tab(1)],
      environment: { locale: 'de', permissions: [permission('granted')] },
    });
    const b = aDocument({
      origins: [below(true)],
      tabs: [tab(0)],
      environment: { timeZone: 'Europe/Berlin', permissions: [permission('denied')] },
    });
    const storage = { kind: 'localStorage', origin: 'https://app.example below https://shop.example', item: 'k' };
    const { added, removed, changed } = diffSessions(a, b);
    expect(added).toEqual([storage, { kind: 'environment', item: 'timeZone' }]);
    expect(removed).toEqual([storage, { kind: 'environment', item: 'locale' }]);
    expect(changed).toEqual(
      expect.arrayContaining([
        { kind: 'tab', item: 'tab 1' },
        { kind: 'environment', origin: 'https://a.example', item: 'permission camera' },
      ]),
    );
    expect(changed).toHaveLength(2);
  });

  test('passkeys are known by site and id, headers by name; what they hold is told apart, and shown only when asked for', () => {
    const passkey = (credentialId: string, signCount: number) => ({
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      credentials: [{ credentialId, isResidentCredential: true, rpId: 'a.example', privateKey: 'secret', signCount }],
    });
    const credentials = (password: string) => [{ origin: 'https://a.example', username: 'ann', password }];
    const a = aDocument({
      authenticators: [passkey('one', 1), passkey('two', 1)],
      http: { credentials: credentials('old secret'), headers: [{ name: 'X-Team', value: 'secret' }] },
    });
    const b = aDocument({
      authenticators: [passkey('one', 2), passkey('three', 1)],
      http: { credentials: credentials('new secret'), headers: [{ name: 'x-team', value: 'secret' }] },
    });
    const diff = diffSessions(a, b);
    expect(diff).toEqual({
      added: [{ kind: 'webauthn', item: 'passkey three of a.example' }],
      removed: [{ kind: 'webauthn', item: 'passkey two of a.example' }],
      changed: [
        { kind: 'environment', origin: 'https://a.example', item: 'HTTP credentials' },
        { kind: 'webauthn', item: 'passkey one of a.example' },
      ],
    });
    expect(JSON.stringify(diff)).not.toContain('secret');
  });
});
