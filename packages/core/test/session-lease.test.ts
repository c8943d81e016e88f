/** The verbs of a session that meet other users of it: lease, capture under one, capture that merges. */
import type { Cookie } from '@psp/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionAdapter } from '../src/adapter.js';
import type { Archive } from '../src/archive.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { MemoryStore } from '../src/store/memory.js';
import type { Store } from '../src/store/store.js';
import { archives, errorOf } from './support/archive.js';
import { FakeDriver } from './support/fake-driver.js';

const { archiveOn, folder } = archives();

/** A page is its browser. */
class FakeAdapter extends SessionAdapter<FakeDriver> {
  protected override async openDriver(page: FakeDriver): Promise<BrowserDriver> {
    return page;
  }
}

let store: Store;
let archive: Archive;
let adapter: FakeAdapter;
beforeEach(() => {
  store = new MemoryStore();
  archive = archiveOn(store);
  adapter = new FakeAdapter({ storage: store, keyFile: `${folder}/key.json`, onNotice: () => undefined });
});

const cookie = (name: string, value: string): Cookie => ({
  name,
  value,
  domain: 'app.example',
  hostOnly: true,
  path: '/',
  httpOnly: true,
  secure: true,
});

function browserWith(...values: string[]): FakeDriver {
  const driver = new FakeDriver();
  driver.jar.push(...values.map((pair) => cookie(...(pair.split('=') as [string, string]))));
  return driver;
}

const cookiesOf = async (id: string): Promise<string[]> => {
  const { state } = await archive.open(id);
  return state.document.cookies.map(({ name, value }) => `${name}=${value}`).toSorted();
};

describe('a session with a lease', () => {
  it('is captured by its holder only, before the first capture too, until it is closed', async () => {
    const mine = await adapter.createSession(browserWith('a=1'), { name: 'one' });
    const lease = await mine.lease({ ttlMs: 30_000, holder: 'mine' });
    await mine.capture();
    await mine.capture();
    const theirs = await adapter.loadSession('one');
    expect(await errorOf(theirs.lease({ ttlMs: 30_000 }))).toMatchObject({ code: 'LEASED' });
    expect(await errorOf(mine.lease({ ttlMs: 30_000 }))).toMatchObject({ code: 'INVALID_INPUT' });
    await mine.close();
    expect([lease.isHeld, lease.lost.aborted]).toEqual([false, false]);
    const next = await theirs.lease({ ttlMs: 30_000 });
    expect(next.fence).toBe(lease.fence + 1);
    await theirs.close();
    expect((await archive.metadata(mine.getId())).metadata.version).toBe(2);
  });

  it('that was lost is not captured, and not read, until it has another', async () => {
    const driver = browserWith('a=1');
    const session = await adapter.createSession(driver, { name: 'one' });
    const lease = await session.lease({ ttlMs: 30_000 });
    await session.capture();
    await store.remove(`l/${session.getId()}`);
    expect(await errorOf(session.capture())).toMatchObject({ code: 'LEASE_LOST' });
    expect(lease.lost.aborted).toBe(true);
    driver.cookies = () => Promise.reject(new Error('it was read'));
    expect(await errorOf(session.capture())).toMatchObject({ code: 'LEASE_LOST' });
    await session.lease({ ttlMs: 30_000 });
    driver.cookies = async () => ({ cookies: [cookie('a', '2')], losses: [] });
    expect((await session.capture()).version).toBe(2);
    await session.close();
  });

  it('that was released by its holder is captured without', async () => {
    const session = await adapter.createSession(browserWith('a=1'), { name: 'one' });
    await using lease = await session.lease({ ttlMs: 30_000 });
    await session.capture();
    await lease.release();
    expect((await session.capture()).version).toBe(2);
  });
});

describe('two captures of one session', () => {
  /** Two sessions in hand that follow version 1. */
  async function two() {
    const first = await adapter.createSession(browserWith('a=1', 'b=1', 'c=1'), { name: 'one' });
    await first.capture();
    const id = first.getId();
    const left = browserWith();
    const right = browserWith();
    const sessions = [await adapter.loadSession(id), await adapter.loadSession(id)] as const;
    await sessions[0].restore(left);
    await sessions[1].restore(right);
    return { id, left, right, sessions };
  }

  const set = (driver: FakeDriver, ...values: string[]): void => {
    driver.jar.splice(0, driver.jar.length, ...browserWith(...values).jar);
  };

  it('[PSP-ARC-14] are CONFLICT unless the second merges: then it has what each of them changed', async () => {
    const { id, left, right, sessions } = await two();
    set(left, 'a=left', 'b=1', 'c=1');
    set(right, 'a=1', 'b=right');
    await sessions[0].capture();
    expect(await errorOf(sessions[1].capture())).toMatchObject({ code: 'CONFLICT' });
    const report = await sessions[1].capture({ onConflict: 'merge' });
    expect([report.version, report.conflicts]).toEqual([3, []]);
    expect(await cookiesOf(id)).toEqual(['a=left', 'b=right']);
    expect((await sessions[1].capture({ onConflict: 'merge' })).conflicts).toBeUndefined();
  });

  it('that changed the same part say so, and the later one stands', async () => {
    const { id, left, right, sessions } = await two();
    set(left, 'a=left', 'b=1', 'c=1');
    set(right, 'a=right', 'b=1', 'c=1');
    await sessions[0].capture();
    const { conflicts } = await sessions[1].capture({ onConflict: 'merge' });
    expect(conflicts).toMatchObject([{ kind: 'cookie', item: expect.stringContaining('a') }]);
    expect(await cookiesOf(id)).toEqual(['a=right', 'b=1', 'c=1']);
  });

  it('of which one restored what the other saved are no conflict', async () => {
    const { id, left, right, sessions } = await two();
    set(left, 'a=left');
    await sessions[0].capture();
    await sessions[1].restore(right);
    set(right, 'a=right');
    expect((await sessions[1].capture()).version).toBe(3);
    expect(await cookiesOf(id)).toEqual(['a=right']);
    expect(await errorOf(sessions[1].capture({ onConflict: 'win' as never }))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('a session that is kept for a time', () => {
  it('is gone when that is over, counted from its first capture', async () => {
    const session = await adapter.createSession(browserWith('a=1'), { name: 'one', keepForMs: 3_600_000 });
    await session.capture();
    await session.capture();
    const { metadata } = await archive.metadata(session.getId());
    expect(Date.parse(metadata.keepUntil!) - Date.parse(metadata.createdAt)).toBeLessThanOrEqual(3_600_000);
    const later = archiveOn(store, { nowMs: () => Date.now() + 3_600_001 });
    expect(await errorOf(later.open(session.getId()))).toMatchObject({ code: 'DELETED' });
    expect(await errorOf(adapter.createSession(browserWith(), { name: 'x', keepForMs: -1 }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('a session that somebody deleted', () => {
  it('is not restored, and leaves the browser as it was', async () => {
    const session = await adapter.createSession(browserWith('a=1'), { name: 'one' });
    await session.capture();
    const loaded = await adapter.loadSession('one');
    await archive.remove(session.getId());
    const target = browserWith('b=2');
    let closed = 0;
    target.close = async () => void (closed += 1);
    expect(await errorOf(loaded.restore(target))).toMatchObject({ code: 'DELETED' });
    expect([closed, target.calls, target.jar.map(({ name }) => name)]).toEqual([1, [], ['b']]);
  });
});
