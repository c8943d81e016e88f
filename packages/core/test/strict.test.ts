/** All or nothing: what strict refuses, and what was done by then. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cookie } from '@psp/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SessionAdapter } from '../src/adapter.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { restoreState } from '../src/restore.js';
import { FakeDriver } from './support/fake-driver.js';
import { makeDocument } from './support/session-state.js';

class FakeAdapter extends SessionAdapter<FakeDriver> {
  protected override openDriver(page: FakeDriver): Promise<BrowserDriver> {
    return Promise.resolve(page);
  }
}

let folder: string;
let adapter: FakeAdapter;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-strict-'));
  const storage = `file:${folder}/store`;
  adapter = new FakeAdapter({ storage, keyFile: join(folder, 'key'), onNotice: () => undefined });
});
afterAll(() => rm(folder, { recursive: true }));

const cookie: Cookie = {
  ...{ name: 'sid', value: 'canary', domain: 'a.example', hostOnly: true, path: '/', httpOnly: true, secure: true },
};
const missing = { origins: [], places: [], missing: 'some origins' };

describe('a strict capture', () => {
  test('[PSP-LOSS-3] stores nothing when anything is lost, and says what; a report tells it of what is stored', async () => {
    const driver = new FakeDriver();
    driver.jar.push(cookie);
    driver.discoverOrigins = async () => missing;
    const session = await adapter.createSession(driver, { name: 'strict', exclude: ['b.example'] });
    const error: unknown = await session.capture({ strict: true }).catch((reason: unknown) => reason);
    const lost = [expect.objectContaining({ code: 'origins-may-be-missing', advice: expect.any(String) })];
    expect(error).toMatchObject({
      code: 'INCOMPLETE',
      report: { captured: { cookies: 1, losses: 1 }, skipped: [], lost },
    });
    await expect(session.report()).rejects.toMatchObject({ code: 'NOT_FOUND' });

    driver.visited = () => ['https://b.example'];
    await session.capture();
    expect(await session.report()).toMatchObject({
      captured: { cookies: 1 },
      skipped: [{ kind: 'origin', origin: 'https://b.example', count: 1 }],
      lost,
    });
    driver.discoverOrigins = async () => ({ origins: [], places: [], missing: undefined });
    expect((await session.capture({ strict: true })).losses).toEqual([]);
  });
});

describe('a strict restore', () => {
  const documentOf = (cookies: Cookie[]) => ({ ...makeDocument(), cookies, origins: [], tabs: [] });

  test('[PSP-LOSS-3] writes nothing when a loss can be foreseen', async () => {
    const partitionKey = { topLevelSite: 'https://shop.example', hasCrossSiteAncestor: true };
    for (const [one, code] of [
      [{ ...cookie, expires: 1 }, 'cookie-expired'],
      [{ ...cookie, partitionKey }, 'cookie-refused'],
    ] as const) {
      const driver = new FakeDriver();
      driver.features = { ...driver.features, partitionedCookies: false };
      const other = { ...cookie, name: 'other' };
      driver.jar.push(other);
      const state = { document: documentOf([cookie, one]), batches: [] };
      await expect(restoreState(driver, state, { strict: true })).rejects.toMatchObject({
        code: 'RESTORE_INCOMPLETE',
        message: expect.stringContaining(code),
        report: { done: [], notDone: ['cookies'], losses: [{ code }] },
      });
      expect(driver.jar).toEqual([other]);
    }
  });

  test('[PSP-LOSS-3] names at its end what the browser would not take', async () => {
    const driver = new FakeDriver();
    driver.setCookie = async () => ({ ok: false, reason: 'no' });
    const state = { document: documentOf([cookie]), batches: [] };
    const error: unknown = await restoreState(driver, state, { strict: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'RESTORE_INCOMPLETE',
      message: 'strict: expected no losses, found 1: cookie-refused (sid (a.example/)).',
      report: { losses: [{ code: 'cookie-refused', detail: 'no' }] },
    });
    expect(JSON.stringify(error)).not.toContain('canary');
    expect((await restoreState(driver, state)).losses).toHaveLength(1);
  });
});
