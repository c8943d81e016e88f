/** What a reader refuses of environment, HTTP access and authenticators, naming the place and no value. */
import { expect, test } from 'vitest';
import { parseSessionDocument } from '../src/index.js';
import { aDocument } from './documents.js';

const placeOf = (fields: object): string => {
  try {
    parseSessionDocument({ ...aDocument(), ...fields });
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

const origin = 'https://a.example';
const credential = {
  credentialId: 'AQID',
  isResidentCredential: true,
  rpId: 'a.example',
  privateKey: 'AQ',
  signCount: 3,
};
const authenticator = { protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true };

test('[PSP-ENV-1] an environment has each permission once, by origin and name, and a position on the globe', () => {
  const permission = { origin, name: 'camera', state: 'granted' };
  expect(placeOf({ environment: { permissions: [permission, { ...permission, name: 'midi' }] } })).toBe('taken');
  expect(placeOf({ environment: { permissions: [permission, { ...permission, state: 'denied' }] } })).toMatch(
    /^environment\.permissions\[1\]: expected each permission once/,
  );
  expect(placeOf({ environment: { permissions: [{ ...permission, origin: 'a.example' }] } })).toMatch(
    /^environment\.permissions\[0\]\.origin: /,
  );
  expect(placeOf({ environment: { geolocation: { latitude: 90, longitude: -180 } } })).toBe('taken');
  expect(placeOf({ environment: { geolocation: { latitude: 90.1, longitude: 0 } } })).toMatch(/latitude: /);
});

test('[PSP-ENV-5] headers are tokens with values that cannot end them, and user names hold no colon', () => {
  const header = (name: string, value: string) => placeOf({ http: { headers: [{ name, value }] } });
  const login = (fields: object) => placeOf({ http: { credentials: [{ username: 'u', password: 'p', ...fields }] } });
  expect(header('X-Key', 'a\tb; "c" é')).toBe('taken');
  expect(header('X Key', 'v')).toMatch(/^http\.headers\[0\]\.name: /);
  for (const value of ['secret\r\nSet-Cookie: a', 'secret\0', ' secret', 'secret ']) {
    expect(header('X-Key', value)).toMatch(/^http\.headers\[0\]\.value: /);
    expect(header('X-Key', value)).not.toContain('secret');
  }
  expect(login({ origin, username: '', password: 'a:b é' })).toBe('taken');
  expect(login({ username: 'u:v' })).toMatch(/^http\.credentials\[0\]\.username: /);
  expect(login({ password: 'canary\n' })).toMatch(
    /^http\.credentials\[0\]\.password: expected no control character, found string of 7/,
  );
  expect(login({ origin: `${origin}/` })).toMatch(/origin: /);
});

test('[PSP-ENV-6] binary members of a credential are base64url', () => {
  const holding = (fields: object) =>
    placeOf({ authenticators: [{ ...authenticator, credentials: [{ ...credential, ...fields }] }] });
  expect(holding({ userHandle: '_-8' })).toBe('taken');
  expect(holding({ privateKey: 'a+/=' })).toMatch(/^authenticators\[0\]\.credentials\[0\]\.privateKey: /);
});
