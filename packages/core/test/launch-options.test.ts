/** What each framework's launch takes of a session, and what it has no option for. */
import type { SessionDocument } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import { launchOptionsOf, type LaunchFramework } from '../src/launch-options.js';
import { makeDocument } from './support/session-state.js';

const A = 'https://app.example';
const B = 'https://id.example';
const camera = (origin: string) => ({ origin, name: 'camera', state: 'granted' as const });

/** Of two origins, `https://app.example` and `https://id.example`. */
const full: SessionDocument = {
  ...makeDocument(),
  environment: {
    userAgent: 'agent/1',
    viewport: { width: 800, height: 600 },
    deviceScaleFactor: 2,
    locale: 'de-DE',
    timeZone: 'Asia/Tokyo',
    colorScheme: 'dark',
    geolocation: { latitude: 1, longitude: 2 },
    permissions: [camera(A), camera(B)],
  },
  http: {
    credentials: [{ origin: A, username: 'user', password: 'canary' }],
    headers: [
      { name: 'X-Gate', value: 'one' },
      { name: 'x-gate', value: 'two' },
    ],
  },
  authenticators: [
    {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      credentials: [],
    },
  ],
};

const missingOf = (document: SessionDocument, framework: LaunchFramework): string[] =>
  launchOptionsOf(document, framework).missing.map(({ member }) => member);

describe('[PSP-ENV-8] the options of a launch', () => {
  test('Playwright takes all but passkeys, and permissions that all origins have', () => {
    expect(launchOptionsOf(full, 'playwright').options).toEqual({
      userAgent: 'agent/1',
      viewport: { width: 800, height: 600 },
      deviceScaleFactor: 2,
      locale: 'de-DE',
      timezoneId: 'Asia/Tokyo',
      colorScheme: 'dark',
      geolocation: { latitude: 1, longitude: 2 },
      permissions: ['camera'],
      httpCredentials: { origin: A, username: 'user', password: 'canary' },
      extraHTTPHeaders: { 'X-Gate': 'one, two' },
    });
    expect(missingOf(full, 'playwright')).toEqual(['authenticators']);
    const one = { ...full, environment: { permissions: [camera(A)] } };
    expect(launchOptionsOf(one, 'playwright').options).not.toHaveProperty('permissions');
    expect(missingOf(one, 'playwright')).toEqual(['permissions', 'authenticators']);
    const two = [...(full.http?.credentials ?? []), { username: 'other', password: 'canary' }];
    expect(missingOf({ ...full, http: { credentials: two } }, 'playwright')).toContain('http.credentials');
    const denied = {
      permissions: [...(full.environment?.permissions ?? []), { ...camera(A), name: 'midi', state: 'denied' as const }],
    };
    expect(missingOf({ ...full, environment: denied }, 'playwright')).toContain('permissions');
  });

  test('the others take what they document, and name every member that they leave out', () => {
    expect(launchOptionsOf(full, 'puppeteer').options).toEqual({
      args: ['--user-agent=agent/1', '--accept-lang=de-DE'],
      defaultViewport: { width: 800, height: 600, deviceScaleFactor: 2 },
    });
    expect(launchOptionsOf(full, 'selenium').options).toEqual({
      args: ['--user-agent=agent/1', '--accept-lang=de-DE', '--force-device-scale-factor=2'],
    });
    expect(launchOptionsOf(full, 'stagehand').options).toEqual({
      args: ['--user-agent=agent/1'],
      viewport: { width: 800, height: 600 },
      deviceScaleFactor: 2,
      locale: 'de-DE',
    });
    const never = [
      'timeZone',
      'colorScheme',
      'geolocation',
      'permissions',
      'http.credentials',
      'http.headers',
      'authenticators',
    ];
    expect(missingOf(full, 'puppeteer')).toEqual(never);
    expect(missingOf(full, 'selenium')).toEqual(['viewport', ...never]);
    expect(missingOf(full, 'stagehand')).toEqual(never);
    for (const framework of ['puppeteer', 'selenium', 'stagehand'] as const)
      expect(JSON.stringify(launchOptionsOf(full, framework))).not.toContain('canary');
  });

  test('a session without environment has none, and an unknown framework is refused with those known', () => {
    expect(launchOptionsOf(makeDocument(), 'playwright')).toEqual({ options: {}, missing: [] });
    expect(launchOptionsOf(makeDocument(), 'puppeteer')).toEqual({ options: { args: [] }, missing: [] });
    for (const name of ['cypress', 'constructor', undefined])
      expect(() => launchOptionsOf(full, name as LaunchFramework)).toThrow(
        expect.objectContaining({
          code: 'INVALID_INPUT',
          message: expect.stringContaining('playwright, puppeteer, selenium, stagehand'),
        }),
      );
  });
});
