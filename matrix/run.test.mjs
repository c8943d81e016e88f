/** The matrix can tell: endpoints that do less than they say make pairs that are not good. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playwright } from './endpoints/playwright.mjs';
import { MatrixRun } from './run.mjs';

const TIMEOUT_MS = 120_000;
const [launched] = playwright;

/** @type {MatrixRun} */
let run;
beforeAll(async () => {
  run = await MatrixRun.start();
});
afterAll(() => run?.close());

/** The same endpoint, with other verbs. @param {(handle: import('./endpoints/drive.mjs').Handle) => object} change */
function spoiled(name, change) {
  const open = async (options) => {
    const handle = await launched.open(options);
    return { ...handle, ...change(handle) };
  };
  return { ...launched, name, open };
}

describe('a pair', { timeout: TIMEOUT_MS }, () => {
  it('is good between sound endpoints', async () => {
    expect(await run.pair(launched, launched)).toMatchObject({ good: true, lost: ['value:hidden key'] });
  });

  it('is not good when the restore does nothing', async () => {
    const target = spoiled('idle', () => ({ restore: async () => ({ losses: [], durationMs: 0 }) }));
    const { good, reason } = await run.pair(launched, target);
    expect({ good, reason }).toEqual({ good: false, reason: expect.stringContaining('not logged in') });
  });

  it('is not good when losses are kept quiet', async () => {
    const source = spoiled('quiet source', ({ capture }) => ({
      capture: async () => ({ ...(await capture()), losses: [] }),
    }));
    const target = spoiled('quiet target', ({ restore }) => ({
      restore: async (id) => ({ ...(await restore(id)), losses: [] }),
    }));
    const { good, reason } = await run.pair(source, target);
    expect({ good, reason }).toEqual({ good: false, reason: 'IndexedDB hidden key: no record, and no loss names it' });
  });

  it('is not good when the capture costs the user something', async () => {
    const source = spoiled('rude', ({ capture, goto }) => ({
      async capture() {
        const report = await capture();
        await goto(`${run.app.urls.app}/forget`);
        return report;
      },
    }));
    const { good, reason } = await run.pair(source, launched);
    expect({ good, reason }).toEqual({ good: false, reason: 'source: the capture changed session' });
  });

  it('is not good when a browser does not start, and says so', async () => {
    const target = {
      ...launched,
      name: 'broken',
      open: () => Promise.reject(new Error('no such browser\nwith details')),
    };
    expect(await run.pair(launched, target)).toMatchObject({ good: false, reason: 'no such browser' });
    expect(await run.pair(target, launched)).toMatchObject({ good: false, reason: 'source: no such browser' });
  });
});
