/** `psp show` of a session with environment, HTTP access and passkeys: what it tells, and what in no case. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Home } from './psp.js';

const ORIGIN = 'https://app.example';
const SESSION = {
  format: 'psp-session',
  version: 1,
  id: '0198c2f4-7d3a-7c1e-9b52-3f6a1d8e4b07',
  name: 'around',
  tags: [],
  capturedAt: '2025-08-20T10:00:00.000Z',
  cookies: [],
  origins: [],
  tabs: [],
  losses: [],
  environment: {
    viewport: { width: 800, height: 600 },
    locale: 'de-DE',
    geolocation: { latitude: 52.5, longitude: 13.25 },
    permissions: [{ origin: ORIGIN, name: 'camera', state: 'granted' }],
  },
  http: {
    credentials: [{ origin: ORIGIN, username: 'canary-user', password: 'canary-password' }],
    headers: [{ name: 'X-Gate', value: 'canary-header' }],
  },
  authenticators: [
    {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      credentials: [
        {
          credentialId: 'AQID',
          isResidentCredential: true,
          rpId: 'app.example',
          privateKey: 'canarykey',
          signCount: 1,
        },
      ],
    },
  ],
};

let home: Home;
beforeAll(async () => {
  home = await Home.make();
  await writeFile(home.path('around.json'), JSON.stringify(SESSION));
  await home.json(['import', 'around.json']);
});
afterAll(() => home.remove());

test('[PSP-ENV-7] show names credentials, headers and passkeys, and no password, value or key', async () => {
  const { environment, http, passkeys } = await home.json<Record<string, unknown>>(['show', 'around']);
  const { geolocation: _, ...public_ } = SESSION.environment;
  expect(environment).toEqual(public_);
  expect(http).toEqual({ credentials: [{ origin: ORIGIN }], headers: [{ name: 'X-Gate' }] });
  expect(passkeys).toEqual([{ rpId: 'app.example' }]);
  const human = (await home.psp(['show', 'around'])).stdout;
  const revealed = (await home.psp(['show', 'around', '--reveal'])).stdout;
  const asJson = (await home.psp(['show', 'around', '--reveal', '--json'])).stdout;
  for (const shown of [
    '800x600',
    'camera granted for https://app.example',
    'header       X-Gate',
    'passkey      app.example',
  ])
    expect(human).toContain(shown);
  for (const hidden of ['canary', '52.5']) expect(human).not.toContain(hidden);
  for (const secret of ['canary-password', 'canary-header', 'canarykey'])
    expect(revealed + asJson).not.toContain(secret);
  expect(asJson).toContain('canary-user');
  expect(asJson).toContain('52.5');
});
