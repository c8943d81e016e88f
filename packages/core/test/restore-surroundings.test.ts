/** Permissions and environment over a browser that takes them at launch only, and over one that refuses some. */
import { PspError, type Environment } from '@psp/protocol';
import { expect, test } from 'vitest';
import type { Surroundings } from '../src/browser/surroundings.js';
import { restoreState, type RestoreOptions } from '../src/restore.js';
import { FakeDriver, gone } from './support/fake-driver.js';
import { makeDocument } from './support/session-state.js';

const environment: Environment = {
  locale: 'de-DE',
  viewport: { width: 800, height: 600 },
  permissions: [
    { origin: 'https://a.example', name: 'midi', state: 'granted' },
    { origin: 'https://a.example', name: 'camera', state: 'denied' },
    { origin: 'https://b.example', name: 'camera', state: 'granted' },
  ],
};

async function lossesOf(driver: FakeDriver, options: RestoreOptions = {}, fields: Partial<Environment> = {}) {
  const http = { headers: [{ name: 'X-Gate', value: 'canary' }] };
  const document = {
    ...makeDocument(),
    cookies: [],
    origins: [],
    tabs: [],
    environment: { ...environment, ...fields },
    http,
  };
  const { losses } = await restoreState(driver, { document, batches: [] }, options);
  expect(JSON.stringify(losses)).not.toContain('canary');
  return losses.map(({ code, origin, item }) => [code, origin, item]);
}

const capable = (surroundings: Partial<Surroundings>): FakeDriver => {
  const driver = new FakeDriver();
  driver.features = { ...driver.features, surroundings: true };
  const taken: Surroundings = {
    setPermission: async () => undefined,
    apply: async () => [],
    setHeaders: async () => undefined,
  };
  return Object.assign(driver, { surroundings: { ...taken, ...surroundings } });
};

const LOST = [
  ['permission-not-restored', 'https://a.example', 'camera, midi'],
  ['permission-not-restored', 'https://b.example', 'camera'],
];

test('[PSP-ENV-3] a permission that is not set is a loss: one for each origin, with the names', async () => {
  expect(await lossesOf(new FakeDriver())).toEqual(LOST);
  expect(await lossesOf(capable({}))).toEqual([]);
  expect(await lossesOf(capable({}), { permissions: false })).toEqual(LOST);
  const setPermission: Surroundings['setPermission'] = async ({ name }) => {
    if (name === 'midi') throw new PspError('UNSUPPORTED', 'The browser refused Browser.setPermission.');
  };
  expect(await lossesOf(capable({ setPermission }))).toEqual([
    ['permission-not-restored', 'https://a.example', 'midi'],
  ]);
});

test('[PSP-ENV-3] a browser that is gone ends the restore', async () => {
  const driver = capable({ setPermission: async () => Promise.reject(gone('browser')) });
  driver.cookies = async () => Promise.reject(gone('browser'));
  const bare = { ...makeDocument(), cookies: [], origins: [], tabs: [], environment };
  await expect(restoreState(driver, { document: bare, batches: [] })).rejects.toMatchObject({
    code: 'RESTORE_INCOMPLETE',
  });
});

test('[PSP-ENV-4] what was asked for and is not told to the page is a loss, member by member', async () => {
  const permissions: Environment['permissions'] = [];
  const all = ['locale', 'viewport', 'http.headers'].map((item) => ['environment-not-restored', undefined, item]);
  expect(await lossesOf(new FakeDriver(), { environment: true }, { permissions })).toEqual(all);
  const user = { id: 'user', url: 'https://a.example/', title: undefined, primary: true };
  const withTab = (driver: FakeDriver): FakeDriver => Object.assign(driver, { tabs: async () => [user] });
  expect(await lossesOf(withTab(new FakeDriver()), { environment: true }, { permissions })).toEqual(all);
  expect(await lossesOf(withTab(capable({})), { environment: true }, { permissions })).toEqual([]);
  const refusing = withTab(capable({ apply: async () => ['viewport'] }));
  expect(await lossesOf(refusing, { environment: true }, { permissions })).toEqual([all[1]]);
  // The page is asked, where it answers.
  refusing.frames = async () => [{ id: 'main', origin: 'https://a.example', url: user.url, firstParty: true }];
  refusing.evaluate = async () =>
    JSON.stringify({ view: { width: 800, height: 600, locale: 'fr-FR' }, permissions: {} });
  expect(await lossesOf(refusing, { environment: true }, { permissions })).toEqual([all[0]]);
  expect(await lossesOf(new FakeDriver(), {}, { permissions })).toEqual([]);
});
