/** The verdict on a session: what speaks against moving it. */
import { describe, expect, test } from 'vitest';
import { portabilityOf, searchTokens, type SessionDocument } from '../src/index.js';
import { aCookie, aDocument, anOrigin } from './documents.js';

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) Example/1.0';
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object): string => `${base64url({ alg: 'none' })}.${base64url(claims)}.`;
const verdict = (parts: Partial<SessionDocument>) => {
  const document = aDocument(parts);
  return portabilityOf(document, searchTokens(document, { marks: [AGENT] }));
};
const lostKey = {
  code: 'value-not-portable',
  kind: 'indexedDB',
  origin: 'https://app.example',
  item: 'db/keys/1',
  detail: 'CryptoKey: the key is marked non-extractable',
} as const;

describe('[PSP-POR-2] the verdict', () => {
  test('is yes where nothing is known, and says what is not', () => {
    const told = verdict({ bindings: [], cookies: [aCookie({ expires: 1_800_000_000 })] });
    expect(told).toMatchObject({ movable: 'yes', bindings: [], expiresAt: '2027-01-15T08:00:00.000Z' });
    expect(told.unknown.join()).not.toContain('Device Bound');
    expect(verdict({}).unknown.join()).toContain('Device Bound');
  });

  test('is no for a login that is bound to its device', () => {
    const binding = { to: 'device', origin: 'https://app.example', why: 'the cookie sid is renewed ...' } as const;
    expect(verdict({ bindings: [binding] })).toMatchObject({ movable: 'no', bindings: [binding] });
  });

  test('is maybe for a key that stayed behind, and no where a token needs one', () => {
    const key = { to: 'key', origin: 'https://app.example' };
    expect(verdict({ losses: [lostKey] })).toMatchObject({ movable: 'maybe', bindings: [key] });
    const bound = (origin: string) => [
      anOrigin({ origin, localStorage: [{ name: 't', value: jwt({ cnf: { jkt: 'x' } }) }] }),
    ];
    expect(verdict({ losses: [lostKey], origins: bound('https://api.app.example') })).toMatchObject({ movable: 'no' });
    expect(verdict({ losses: [lostKey], origins: bound('https://b.example') })).toMatchObject({ movable: 'maybe' });
    expect(verdict({ origins: bound('https://app.example') })).toMatchObject({ movable: 'yes' });
    expect(verdict({ losses: [{ ...lostKey, detail: 'FileSystemFileHandle: no portable form' }] }).movable).toBe('yes');
  });

  test('is maybe where a cookie, an item or a token holds the user agent, and holds no value', () => {
    const value = encodeURIComponent(JSON.stringify({ a: `${AGENT} s3cr3t`, access_token: 's3cr3t-token' }));
    const cookies = [aCookie({ name: 'fp', value }), aCookie({ name: 'jwt', value: jwt({ ua: AGENT }) }), aCookie()];
    const told = verdict({ cookies });
    expect(told.movable).toBe('maybe');
    expect(told.bindings.map(({ to, why }) => `${to} ${why}`)).toEqual([
      'user-agent cookie fp holds the user agent',
      'user-agent cookie jwt holds the user agent',
    ]);
    expect(JSON.stringify(told)).not.toContain('s3cr3t');
  });
});
