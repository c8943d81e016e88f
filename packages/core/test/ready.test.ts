/** A driver that is not ready yet: nobody may go anywhere before it is. */
import { describe, expect, test } from 'vitest';
import { SessionAdapter } from '../src/adapter.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { beginRestore } from '../src/restore.js';
import { MemoryStore } from '../src/store/memory.js';
import { archives } from './support/archive.js';
import { FakeDriver } from './support/fake-driver.js';
import { makeDocument } from './support/session-state.js';

const { folder } = archives();

class FakeAdapter extends SessionAdapter<FakeDriver> {
  protected override async openDriver(page: FakeDriver): Promise<BrowserDriver> {
    return page;
  }
}

/** A driver that is ready when it is told to be. */
function unready(): { driver: FakeDriver; beReady: () => void } {
  const driver = new FakeDriver();
  let beReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (beReady = resolve));
  driver.ready = () => ready;
  return { driver, beReady };
}

/** Whether it is still not settled after all that runs at once has run. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => setTimeout(resolve, 100, 'later'));
  return (await Promise.race([promise, later])) === 'later';
}

describe('a driver that is not ready', () => {
  test('is waited for when a session begins', async () => {
    const options = { storage: new MemoryStore(), keyFile: `${folder}/key.json`, onNotice: () => undefined };
    const { driver, beReady } = unready();
    const creating = new FakeAdapter(options).createSession(driver, { name: 'one' });
    expect(await waits(creating)).toBe(true);
    beReady();
    expect((await creating).getName()).toBe('one');
  });

  test.each(['eager', 'lazy'] as const)('is waited for before a restore at the speed %s returns', async (speed) => {
    const { driver, beReady } = unready();
    driver.features = { ...driver.features, hold: true };
    const document = { ...makeDocument(), cookies: [], tabs: [], origins: [] };
    const restoring = beginRestore(driver, { document, batches: [] }, { speed });
    expect(await waits(restoring)).toBe(true);
    beReady();
    expect((await restoring).report().pending).toEqual([]);
  });
});
